import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../../servers/faultProxy.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { discover, editor, http, noSecret, refresh, signIn } from '../../servers/referenceClient.ts';
import { refusedWith } from './started.ts';

describe('the fault proxy of the tests', () => {
  let faulty: FaultyIdentityProvider;
  let metadata: oauth.AuthorizationServer;
  const token = '/token';

  beforeEach(async () => {
    faulty = await startFaultyIdentityProvider();
    metadata = await discover(faulty.issuer);
  });

  afterEach(async () => {
    await faulty.close();
    assert.deepEqual(faulty.failures, []);
  });

  it('is the issuer, and passes a whole sign-in unchanged', async () => {
    assert.equal(faulty.issuer, faulty.proxy.url);
    assert.equal(metadata.token_endpoint, `${faulty.proxy.url}${token}`);
    const { claims } = await signIn(metadata, people.alice);
    assert.equal(claims?.iss, faulty.proxy.url);
    assert.deepEqual(faulty.proxy.requestsTo(token), [{ method: 'POST', path: token, fault: undefined }]);
  });

  it('loses the request, or the answer after the server has acted on it', async () => {
    const { tokens } = await signIn(metadata, people.alice);
    const before = faulty.requestsTo(token).length;
    faulty.proxy.on(token, { kind: 'resetBeforeForwarding' });
    await assert.rejects(refresh(metadata, tokens.refresh_token), TypeError);
    assert.equal(faulty.requestsTo(token).length, before);

    const lost = faulty.proxy.on(token, { kind: 'resetAfterAnswer' });
    await assert.rejects(refresh(metadata, tokens.refresh_token), TypeError);
    assert.equal(lost.hits, 1);
    assert.equal(faulty.requestsTo(token).at(-1)?.status, 200);
    await assert.rejects(refresh(metadata, tokens.refresh_token), refusedWith('invalid_grant'));
  });

  it('holds a request or its answer back until the test lets go', async () => {
    for (const what of ['request', 'answer'] as const) {
      const { tokens } = await signIn(metadata, people.alice);
      const before = faulty.requestsTo(token).length;
      const gate = Promise.withResolvers<undefined>();
      const held = faulty.proxy.on(token, { kind: 'delay', until: gate.promise, what });
      const refreshed = refresh(metadata, tokens.refresh_token);
      await held.met;
      assert.equal(faulty.requestsTo(token).length, what === 'request' ? before : before + 1);
      gate.resolve(undefined);
      assert.ok((await refreshed).access_token);
      assert.equal(faulty.requestsTo(token).length, before + 1);
    }
  });

  it('answers by itself, once or until it is told to stop', async () => {
    const { tokens } = await signIn(metadata, people.alice);
    const ask = () =>
      oauth.refreshTokenGrantRequest(metadata, editor, noSecret, tokens.refresh_token ?? '', http);
    faulty.proxy.on(token, { kind: 'status', status: 429, headers: { 'Retry-After': '7' } });
    const down = faulty.proxy.on('*', { kind: 'status', status: 503, body: 'down' }, { sticky: true });
    const first = await ask();
    assert.equal(first.status, 429);
    assert.equal(first.headers.get('retry-after'), '7');
    for (let count = 0; count < 2; count++) {
      const next = await ask();
      assert.equal(next.status, 503);
      assert.equal(await next.text(), 'down');
    }
    assert.equal(down.hits, 2);
    down.remove();
    assert.equal((await ask()).status, 200);
  });

  it('replaces or cuts off what the server answers', async () => {
    const address = `${faulty.issuer}${faulty.endpoints.configuration}`;
    faulty.proxy.on(faulty.endpoints.configuration, {
      kind: 'replace',
      body: original => original.replace(`"issuer":"${faulty.issuer}"`, '"issuer":"https://evil.example"'),
    });
    assert.equal(
      ((await (await fetch(address)).json()) as { issuer: string }).issuer,
      'https://evil.example',
    );
    faulty.proxy.on(faulty.endpoints.configuration, {
      kind: 'replace',
      body: '<p>hello',
      contentType: 'text/html',
    });
    const page = await fetch(address);
    assert.equal(page.headers.get('content-type'), 'text/html');
    assert.equal(await page.text(), '<p>hello');
    faulty.proxy.on(faulty.endpoints.configuration, { kind: 'truncate', bytes: 10 });
    const cut = await fetch(address);
    assert.equal(cut.status, 200);
    await assert.rejects(cut.text(), TypeError);
    assert.equal((await fetch(address)).status, 200);
  });

  it('closes although a request is still held back', async () => {
    const held = faulty.proxy.on('*', { kind: 'delay', until: new Promise(() => undefined) });
    const waiting = fetch(`${faulty.issuer}/jwks`);
    await held.met;
    await faulty.close();
    await assert.rejects(waiting, TypeError);
  });
});
