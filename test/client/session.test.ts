import assert from 'node:assert/strict';
import type * as Client from '../../src/client/index.ts';
import type * as EditorStandIn from '../standIns/editor/vscode.ts';
import { until } from '../protocol/signingIn.ts';
import { settled } from '../standIns/manualClock.ts';
import { openSignedInEditor, type SignedInEditor } from './signedInEditor.ts';

const scopes = ['openid', 'profile'];

describe('the session of an extension', () => {
  let surroundings: SignedInEditor;
  let client: typeof Client;
  let editor: typeof EditorStandIn.editor;

  before(async () => {
    surroundings = await openSignedInEditor();
    client = await import('../../src/client/index.ts');
    ({ editor } = await import('../standIns/editor/vscode.ts'));
  });
  after(() => surroundings.close());
  beforeEach(() => surroundings.reset());

  it('is asked for once', async () => {
    const first = await client.requireSession('oidc', scopes);
    const second = await client.requireSession('oidc', scopes);
    assert.equal(first.id, second.id);
    assert.deepEqual(editor.dialogs, ['sign in']);
  });

  it('is not asked for again after a no, but on request', async () => {
    editor.consents = false;
    const declined = { name: 'SignInDeclined' };
    await assert.rejects(client.requireSession('oidc', scopes), declined);
    await assert.rejects(client.requireSession('oidc', [...scopes].reverse()), declined);
    assert.equal(editor.dialogs.length, 1);
    await assert.rejects(client.requireSession('oidc', ['openid']), declined);
    assert.equal(editor.dialogs.length, 2, 'for something else');
    editor.consents = true;
    await client.requireSession('oidc', scopes, { askAgain: true });
    assert.equal(editor.dialogs.length, 3);
  });

  it('may be asked for again once the accounts have changed', async () => {
    editor.consents = false;
    await assert.rejects(client.requireSession('oidc', scopes), { name: 'SignInDeclined' });
    editor.consents = true;
    editor.takeBack('oidc', 'somebody');
    await client.requireSession('oidc', scopes);
    assert.equal(editor.dialogs.length, 2);
  });

  it('does not take a failure for a no', async () => {
    await assert.rejects(
      client.requireSession('nobody', scopes),
      (error: unknown) => error instanceof Error && error.name !== 'SignInDeclined',
    );
  });

  it('tells who is signed in, and when that changes', async () => {
    const seen: (string | undefined)[] = [];
    const watching = client.onDidChangeAccount('oidc', scopes, account => seen.push(account?.label));
    await until(() => seen.length === 1);
    await client.requireSession('oidc', scopes);
    // Consent comes after the session, and the editor tells of it.
    editor.takeBack('oidc', 'somebody else');
    await until(() => seen.length === 2);
    await surroundings.renewal();
    await settled();
    editor.takeBack('oidc', 'alice');
    await until(() => seen.length === 3);
    assert.deepEqual(seen, [undefined, 'alice', undefined]);
    watching.dispose();
    await surroundings.signOut();
    await client.requireSession('oidc', scopes);
    await settled();
    assert.equal(seen.length, 3, 'not after it was ended');
    assert.equal(editor.dialogs.length, 2, 'and nobody was asked by watching');
  });
});
