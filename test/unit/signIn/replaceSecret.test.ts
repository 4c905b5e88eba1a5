import assert from 'node:assert/strict';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import '../../standIns/editor/useEditorStandIn.ts';
import { someProvider } from '../sessions/someGrant.ts';

const { editor } = await import('../../standIns/editor/vscode.ts');
const { showSignInFailure } = await import('../../../src/ui/signIn/signInAndKeep.ts');

const host = 'login.example.com';
const help = { retry: () => undefined, showLog: () => undefined, otherMethods: undefined };
const button = 'Replace Client Secret…';

describe('a sign-in that failed over the credentials of the client', () => {
  afterEach(() => {
    editor.pressesOnError = () => undefined;
  });

  const failures = {
    'that are refused': new Failure('client-refused', { host, error: 'invalid_client' }),
    'that are a refused certificate': new Failure('certificate-refused', { host, reason: 'unknown' }),
    'that are an unusable certificate': new Failure('certificate-unusable', { host, reason: 'expired' }),
  };
  for (const [what, failure] of Object.entries(failures)) {
    it(`has a button to replace those ${what}, where the client has some`, async () => {
      [editor.errors, editor.commands] = [[], []];
      editor.pressesOnError = () => button;
      await showSignInFailure(
        { ...someProvider, clientAuthentication: 'client_secret_basic' },
        failure,
        help,
      );
      assert.equal(editor.errors[0]?.[1], button);
      assert.deepEqual(editor.commands, [['oidc.replaceClientSecret', someProvider.id]]);
      editor.errors = [];
      await showSignInFailure({ ...someProvider, clientAuthentication: 'none' }, failure, help);
      assert.ok(!editor.errors[0]?.includes(button), String(editor.errors[0]));
    });
  }

  it('has no such button if something else failed', async () => {
    editor.errors = [];
    const failure = new Failure('metadata-invalid', { address: host, reason: 'x' });
    await showSignInFailure({ ...someProvider, clientAuthentication: 'client_secret_basic' }, failure, help);
    assert.ok(!editor.errors[0]?.includes(button), String(editor.errors[0]));
  });
});
