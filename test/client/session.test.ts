import assert from 'node:assert/strict';
import { mock } from 'node:test';
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
  let authentication: typeof EditorStandIn.authentication;

  // Time that has passed for the tokens has passed for the provider, too: each test has its own.
  beforeEach(async () => {
    surroundings = await openSignedInEditor();
    client = await import('../../src/client/index.ts');
    ({ editor, authentication } = await import('../standIns/editor/vscode.ts'));
    await surroundings.reset();
  });
  afterEach(() => surroundings.close());

  it('is asked for once', async () => {
    const first = await client.requireSession('oidc', scopes);
    const second = await client.requireSession('oidc', scopes);
    assert.equal(first.id, second.id);
    assert.deepEqual(editor.dialogs, ['sign in']);
  });

  it('says when its token ends, before anybody asks, as does the session of a challenge and of fewer scopes', async () => {
    const { createExports } = await import('../../src/authentication/exports.ts');
    await surroundings.register({ narrowTokens: true });
    const { describe } = createExports(surroundings.exportsContext());
    const challenge = { wwwAuthenticate: 'Bearer error="invalid_token"', fallbackScopes: scopes };
    const told: unknown[] = [];
    const tells = async (session: Client.ExpiringSession | undefined): Promise<void> => {
      assert.ok(session?.expiresAt !== undefined);
      assert.equal(session.expiresAt, (await describe(session)).expiresAt);
      told.push(session.expiresAt);
    };
    await tells(await client.requireSession('oidc', [...scopes, 'email']));
    // Of another age than the token that it is derived from.
    await surroundings.clock.advance(100_000);
    await tells(await client.requireSession('oidc', scopes));
    await surroundings.clock.advance(100_000);
    await tells(await authentication.getSession('oidc', challenge, { silent: true }));
    assert.equal(new Set(told).size, 3);
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
    const declined = { name: 'SignInDeclined' };
    await assert.rejects(client.requireSession('oidc', scopes), declined);
    editor.takeBack('oidc', 'somebody');
    await settled();
    await assert.rejects(client.requireSession('oidc', scopes), declined);
    assert.equal(editor.dialogs.length, 1, 'not for an event that says nothing about the accounts');
    await assert.rejects(client.requireSession('oidc', []), declined);
    editor.consents = true;
    await client.requireSession('oidc', ['openid']);
    editor.takeBack('oidc', 'alice');
    await settled();
    await client.requireSession('oidc', scopes);
    assert.equal(editor.dialogs.length, 4);
    editor.takeBack('oidc', 'alice');
    await settled();
    await client.requireSession('oidc', []);
    assert.equal(editor.dialogs.length, 5, 'for a provider’s own scopes, too');
  });

  it('is not asked for again because a token was renewed', async () => {
    await client.requireSession('oidc', scopes);
    editor.consents = false;
    const more = [...scopes, 'api:write'];
    await assert.rejects(client.requireSession('oidc', more), { name: 'SignInDeclined' });
    await surroundings.renewal();
    await settled();
    await assert.rejects(client.requireSession('oidc', more), { name: 'SignInDeclined' });
    assert.equal(editor.dialogs.length, 2);
    await surroundings.signOut();
    await settled();
    await assert.rejects(client.requireSession('oidc', more), { name: 'SignInDeclined' });
    assert.equal(editor.dialogs.length, 3, 'the account has gone: it may be another person');
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

  it('does not take a failure for a sign-out, and looks again later', async () => {
    await client.requireSession('oidc', scopes);
    const seen: (string | undefined)[] = [];
    const watching = client.onDidChangeAccount('oidc', scopes, account => seen.push(account?.label));
    await until(() => seen.length === 1);
    mock.timers.enable({ apis: ['setTimeout'] });
    const asking = mock.method(authentication, 'getSession', () => Promise.reject(new Error('offline')));
    try {
      editor.takeBack('oidc', 'alice');
      await settled();
      assert.deepEqual(seen, ['alice']);
      asking.mock.restore();
      mock.timers.tick(30_000);
      await until(() => seen.length === 2);
      assert.deepEqual(seen, ['alice', undefined]);
    } finally {
      asking.mock.restore();
      mock.timers.reset();
      watching.dispose();
    }
  });
});
