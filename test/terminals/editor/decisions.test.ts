import assert from 'node:assert/strict';
import { openSignedInEditor, type SignedInEditor } from '../../client/signedInEditor.ts';
import { openHandle, type OpenHandle } from './openHandle.ts';

const request = { request: 'access_token', account: 'company' };

describe('what a user decided about a request of a terminal', () => {
  let editor: SignedInEditor;
  let open: OpenHandle;

  beforeEach(async () => {
    editor = await openSignedInEditor();
    await editor.reset();
    open = await openHandle(editor);
  });
  afterEach(() => editor.close());

  const code = async (json: object): Promise<unknown> => (await open.ask(json))['code'];

  const words = async (json: object): Promise<unknown[]> => {
    const { status, code, error, info } = (await open.ask(json)) as Record<string, unknown>;
    return [status, code, error, info];
  };

  it('is not said to be a no where the sign-in fails, and the next program waits a while', async () => {
    const { authentication } = await import('../../standIns/editor/vscode.ts');
    const { getSession } = authentication;
    authentication.getSession = (id, scopes, options = {}) =>
      options.silent ? getSession(id, scopes, options) : Promise.reject(new Error('Couldn’t reach Company.'));
    try {
      const [status, code, error, info] = await words(request);
      assert.deepEqual([status, code, error], ['failure', 'failed', 'The sign-in failed.']);
      assert.match(String(info), /message in the editor/);
      assert.match(String((await words(request))[2]), /the sign-in failed, less than 30 seconds ago/);
    } finally {
      authentication.getSession = getSession;
    }
    assert.deepEqual(open.handedOut, ['company failed', 'company declined-before']);
    await editor.clock.advance(30_000);
    assert.equal((await open.ask(request)).status, 'success');
  });

  it('is of no use offline, which is what the program says', async () => {
    open.choice = 'window';
    await open.ask(request);
    await editor.identityProvider.close();
    const [status, code, error, info] = await words({ ...request, min_valid_period: -1 });
    assert.deepEqual([status, code], ['failure', 'failed']);
    assert.match(String(error), /the identity provider sent no new one/);
    assert.match(String(info), /Check your network/);
    // The token that there is still counts.
    assert.equal((await open.ask(request)).status, 'success');
  });

  it('does not sign anyone in again without a question', async () => {
    open.choice = 'workspace';
    await open.ask(request);
    await editor.signOut();
    assert.equal((await open.ask(request)).status, 'success');
    assert.deepEqual([editor.signIns(), open.shown.length], [2, 2]);
  });

  it('is for the account that was named, and not for another one that is signed in', async () => {
    await open.ask(request);
    open.mode = 'silent-only';
    const other = { request: 'access_token', provider: 'oidc', label: 'bob', scope: 'openid profile' };
    assert.equal(await code(other), 'not-signed-in');
    assert.equal(await code({ ...other, label: 'alice' }), 'declined');
  });

  it('gives nothing to who has hung up while the token was refreshed', async () => {
    open.choice = 'window';
    await open.ask(request);
    const client = new AbortController();
    const { authentication } = await import('../../standIns/editor/vscode.ts');
    const { getSession } = authentication;
    authentication.getSession = async (...asked) => {
      const session = await getSession(...asked);
      // The request for a new token, after all decisions.
      if (!Array.isArray(asked[1])) client.abort();
      return session;
    };
    try {
      const response = await open.ask({ ...request, min_valid_period: -1 }, client.signal);
      assert.deepEqual([client.signal.aborted, response.status], [true, 'failure']);
    } finally {
      authentication.getSession = getSession;
    }
    assert.deepEqual(open.handedOut, ['company alice']);
  });

  it('is asked about as much as a dialog can show', async () => {
    const scopes = (count: number): string =>
      Array.from({ length: count }, (_, at) => `scope-${at}`).join(' ');
    assert.equal(await code({ ...request, scope: scopes(90) }), 'usage');
    assert.deepEqual([editor.signIns(), open.shown.length], [0, 0]);
  });
});
