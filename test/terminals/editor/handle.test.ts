import assert from 'node:assert/strict';
import { unknownAccount } from '../../../terminals/src/agent/requests.ts';
import { readAccounts } from '../../../terminals/src/consent/accounts.ts';
import { openSignedInEditor, type SignedInEditor } from '../../client/signedInEditor.ts';
import { createExports } from '../../../src/authentication/exports.ts';
import { boundClient } from '../../protocol/methods/dpop/boundSignIn.ts';
import { startBoundApi, type BoundApi } from '../../servers/resourceServers/boundApi.ts';
import { openAgent } from '../agent/openAgent.ts';
import { openHandle, type OpenHandle } from './openHandle.ts';

describe('a request of a terminal, from a user who can sign in', () => {
  let editor: SignedInEditor;
  let open: OpenHandle;

  beforeEach(async () => {
    editor = await openSignedInEditor({ clients: [boundClient] });
    await editor.reset();
    open = await openHandle(editor);
  });
  afterEach(() => editor.close());

  const ask: OpenHandle['ask'] = (...asked) => open.ask(...asked);
  const request = { request: 'access_token', account: 'company' };

  it('is given a token, with its issuer and its end, after the sign-in and one question', async () => {
    const response = await ask(request);
    assert.equal(response.status, 'success');
    assert.equal(response['issuer'], editor.identityProvider.issuer);
    assert.ok(Number(response['expires_at']) > editor.clock.now() / 1000);
    assert.equal(typeof response['access_token'], 'string');
    assert.deepEqual([editor.signIns(), open.shown.length], [1, 1]);
    assert.deepEqual(open.handedOut, ['company alice']);
    assert.ok(!open.log.text().includes(String(response['access_token'])));
  });

  describe('with a token that is bound to a key', () => {
    let api: BoundApi;
    beforeEach(async () => {
      const { editor: standIn } = await import('../../standIns/editor/vscode.ts');
      api = await startBoundApi({ issuer: editor.identityProvider.issuer, now: () => editor.clock.now() });
      await editor.register({ clientId: boundClient.client_id, dpop: 'required' });
      standIn.exported = { 'vscode-oidc.oidc-authentication': createExports(editor.exportsContext()) };
    });
    afterEach(async () => {
      const { editor: standIn } = await import('../../standIns/editor/vscode.ts');
      standIn.exported = {};
      await api.close();
    });

    it('is given a proof for one request, which the API takes once', async () => {
      const url = `${api.url}/reports`;
      const response = await ask({ ...request, url, method: 'POST' });
      assert.partialDeepStrictEqual(response, { status: 'success', token_type: 'DPoP' });
      const { access_token: token, proof } = response as unknown as Record<string, string>;
      const headers = { authorization: `DPoP ${token}`, dpop: proof ?? '' };
      assert.equal((await fetch(`${url}?page=2`, { method: 'POST', headers })).status, 200);
      assert.equal((await fetch(url, { method: 'POST', headers })).status, 401, 'replayed');
      assert.ok(!open.log.text().includes(proof ?? 'none'));
    });

    it('has the proof for a token that was refreshed for it', async () => {
      await ask(request);
      const url = `${api.url}/reports`;
      const response = await ask({ ...request, url, min_valid_period: -1 });
      const { access_token: token, proof } = response as unknown as Record<string, string>;
      const headers = { authorization: `DPoP ${token}`, dpop: proof ?? '' };
      assert.equal((await fetch(url, { headers })).status, 200);
      assert.equal(editor.tokenRequests(), 2);
    });

    it('is told that it is bound where it named no request, and why there is no proof', async () => {
      const response = await ask(request);
      assert.partialDeepStrictEqual(response, { token_type: 'DPoP', proof: undefined });
      const wrong = [
        [`${editor.identityProvider.issuer}/token`, /identity provider/],
        ['http://api.example.com/', /http/],
        ['x', /URL/],
      ] as const;
      for (const [url, why] of wrong) {
        const refused = await ask({ ...request, url });
        assert.equal(refused.status, 'failure', url);
        assert.match(String(refused['error']), why);
      }
    });

    it('gets no header for the clipboard or a launch configuration', async () => {
      const { editor: standIn } = await import('../../standIns/editor/vscode.ts');
      const { createValues } = await import('../../../terminals/src/editor/values.ts');
      const values = createValues(open.handle);
      assert.equal(typeof (await values.forInput({ account: 'company' })), 'string');
      await assert.rejects(values.forInput({ account: 'company', as: 'header' }), /bound to a key/);
      standIn.clipboard = '';
      standIn.errors = [];
      const { accounts } = readAccounts({ company: { provider: 'oidc', scopes: ['openid', 'profile'] } });
      await values.copyHeader(accounts);
      assert.match(standIn.errors.flat().join(), /Nothing was copied.*bound to a key/);
      assert.equal(standIn.clipboard, '');
    });
  });

  it('is one of fifty that wait for one sign-in and one question, and get one token', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => ask(request)));
    assert.deepEqual([editor.signIns(), open.shown.length], [1, 1]);
    const tokens = new Set(all.map(response => (response as { access_token?: unknown }).access_token));
    assert.equal(tokens.size, 1);
    assert.equal(editor.tokenRequests(), 1);
  });

  it('gets nothing after a no, and says that it was a no', async () => {
    open.choice = 'no';
    const response = await ask(request);
    assert.deepEqual(response.status === 'failure' && [response.code, response.error], [
      'declined',
      'You declined.',
    ]);
    assert.deepEqual(open.handedOut, ['company declined']);
  });

  it('gets nothing where the editor’s own question is declined', async () => {
    const { editor: standIn } = await import('../../standIns/editor/vscode.ts');
    standIn.consents = false;
    const response = await ask(request);
    assert.equal(response.status === 'failure' && response.code, 'declined');
    assert.equal(open.shown.length, 0);
  });

  it('disturbs no one where that is forbidden', async () => {
    open.mode = 'silent-only';
    const signedOut = await ask(request);
    assert.equal(signedOut.status === 'failure' && signedOut.code, 'not-signed-in');
    assert.equal(editor.signIns(), 0);
    open.mode = 'ask';
    open.choice = 'window';
    await ask(request);
    open.mode = 'silent-only';
    assert.equal((await ask(request)).status, 'success');
    assert.equal((await ask({ request: 'access_token', provider: 'oidc' })).status, 'failure');
    assert.equal(open.shown.length, 1);
  });

  it('gets a new token where it asks for one, or for one that lasts longer', async () => {
    open.choice = 'window';
    const tokenOf = async (more: object): Promise<unknown> =>
      ((await ask({ ...request, ...more })) as { access_token?: unknown }).access_token;
    const first = await tokenOf({});
    assert.equal(await tokenOf({ min_valid_period: 60 }), first);
    const second = await tokenOf({ min_valid_period: -1 });
    assert.notEqual(second, first);
    assert.equal(await tokenOf({ min_valid_period: 60 }), second);
  });

  it('gets it as the value of an input, after the same question', async () => {
    const { createValues } = await import('../../../terminals/src/editor/values.ts');
    const { forInput } = createValues(open.handle);
    const first = await ask(request);
    assert.ok(first.status === 'success');
    const token = String(first['access_token']);
    assert.equal(await forInput({ account: 'company' }), token);
    assert.equal(await forInput({ account: 'company', as: 'header' }), `Bearer ${token}`);
    assert.equal(open.shown.at(-1)?.hint, 'a task or launch configuration');
    await forInput({ provider: 'oidc', account: 'alice', scopes: ['openid'] });
    const { name, label, scopes } = open.shown.at(-1) ?? {};
    assert.deepEqual([name, label, scopes], [undefined, 'alice', ['openid']]);
    assert.equal(open.shown.length, 4);

    open.choice = 'no';
    await assert.rejects(forInput({ account: 'company' }), /^Error: You declined\. Wait 30 seconds/);
    for (const wrong of [
      undefined,
      7,
      { account: 7 },
      { account: 'company', scopes: 'a "b"' },
      { account: 'other' },
    ])
      await assert.rejects(forInput(wrong), Error);
    assert.equal(open.shown.length, 5);
  });

  it('is told that the agent is there only by a window that responds', async () => {
    const check = { request: 'check' };
    assert.equal((await ask(check)).status, 'success');
    const { promise, resolve } = Promise.withResolvers<void>();
    open.there = promise;
    let isTold = false;
    const asking = ask(check).then(() => (isTold = true));
    await ask({ request: 'loaded_accounts' });
    assert.equal(isTold, false);
    resolve();
    await asking;
    open.there = Promise.reject(new Error('Canceled'));
    assert.equal((await ask(check)).status, 'failure');
  });

  it('gets nothing else than an access token', async () => {
    for (const what of ['id_token', 'mytoken']) {
      const response = await ask({ request: what, account: 'company' });
      assert.match(response.status === 'failure' ? response.error : '', new RegExp(what));
    }
    const unknown = await ask({ request: 'add' });
    assert.match(unknown.status === 'failure' ? unknown.error : '', /unknown request type/);
    assert.equal((await ask({ request: 'check' })).status, 'success');
    assert.deepEqual(await ask({ request: 'account_info' }), {
      status: 'success',
      info: { [editor.identityProvider.issuer]: { pubclient: false, accounts: { company: true } } },
    });
  });

  it('gets nothing when it has hung up meanwhile', async () => {
    const client = new AbortController();
    const asking = ask(request, client.signal);
    client.abort();
    assert.equal((await asking).status, 'failure');
    assert.deepEqual(open.handedOut, []);
  });

  it('goes on to a user’s own agent for an account that only that one knows', async () => {
    const theirs = await openAgent(asked =>
      Promise.resolve(
        asked.kind === 'accounts'
          ? { status: 'success', info: ['grid'] }
          : { status: 'success', access_token: 'from the other agent' },
      ),
    );
    open.upstream = theirs.agent.path;
    try {
      const forwarded = await ask({ request: 'access_token', account: 'grid' });
      assert.equal((forwarded as { access_token?: unknown }).access_token, 'from the other agent');
      assert.deepEqual(await ask({ request: 'loaded_accounts' }), {
        status: 'success',
        info: ['company', 'grid'],
      });
      assert.equal((await ask(request)).status, 'success');
      assert.equal(theirs.asked.length, 2);
      for (const theirsAlone of [
        { request: 'add', config: {} },
        { request: 'id_token', account: 'grid' },
      ]) {
        assert.equal((await ask(theirsAlone)).status, 'success');
        assert.deepEqual(theirs.asked.at(-1), theirsAlone);
      }
      assert.equal((await ask({ request: 'id_token', account: 'company' })).status, 'failure');
      assert.equal(theirs.asked.length, 4);
    } finally {
      await theirs.close();
    }
    // It has gone.
    assert.deepEqual(await ask({ request: 'loaded_accounts' }), { status: 'success', info: ['company'] });
    const lost = await ask({ request: 'access_token', account: 'grid' });
    assert.equal(lost.status === 'failure' && lost.error, unknownAccount);
  });
});
