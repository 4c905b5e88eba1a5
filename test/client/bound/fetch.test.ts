import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { mock } from 'node:test';
import * as jose from 'jose';
import { proveHeld } from '../../../src/authentication/exports.ts';
import type * as Client from '../../../src/client/index.ts';
import { secret } from '../../../src/platform/secret.ts';
import { listen, stop } from '../../servers/listening.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openBoundEditor, scopes, type BoundEditor } from './boundEditor.ts';

describe('authorizedFetch with a token that is bound to a key', () => {
  let bound: BoundEditor;
  let client: typeof Client;
  before(async () => {
    bound = await openBoundEditor();
    client = await import('../../../src/client/index.ts');
  });
  after(() => bound.close());
  beforeEach(async () => {
    await bound.reset();
    seen = bound.api.requests.length;
  });
  afterEach(() => mock.reset());

  let seen = 0;
  const get = (path: string, init?: RequestInit, options: object = {}): Promise<Response> =>
    client.authorizedFetch('oidc', scopes, options)(`${bound.api.url}${path}`, init);
  /** What the API thought of the requests since the last look. */
  const answered = (): (string | number)[] => {
    const found = bound.api.requests.slice(seen);
    seen = bound.api.requests.length;
    return found.map(({ status, error }) => error ?? status);
  };
  const proofs = (): jose.JWTPayload[] =>
    bound.api.requests.flatMap(({ proof }) => (proof === undefined ? [] : [jose.decodeJwt(proof)]));
  /** Signed in, and the API knows nothing of the client's nonces. */
  const signInFirst = async (): Promise<void> => {
    assert.equal((await get('/whoami')).status, 200);
    bound.api.rotateNonce();
    answered();
  };

  it('proves the key to the API', async () => {
    const response = await get('/whoami?page=2', { headers: { accept: 'application/json' } });
    assert.partialDeepStrictEqual(await response.json(), { sub: people.alice.sub });
    assert.deepEqual(answered(), [200]);
    assert.equal(bound.api.requests.at(-1)?.scheme, 'DPoP');
    assert.deepEqual((await bound.session()).tokenType, 'DPoP');
  });

  it('proves it for the method as it is sent', async () => {
    for (const method of ['get', 'Post', 'PUT', 'DELETE', 'PATCH'])
      assert.equal((await get('/whoami', { method })).status, 200, method);
    assert.equal(new Set(proofs().map(({ jti }) => jti)).size, proofs().length);
  });

  it('makes a new proof for each hop, and none where the token does not go', async () => {
    await signInFirst();
    const to = (place: string, status: number): string =>
      `/redirect?status=${status}&to=${encodeURIComponent(place)}`;
    const response = await get(to(to('/whoami', 303), 307), { method: 'POST', body: 'x' });
    assert.equal(response.status, 200);
    assert.deepEqual(answered(), [200, 200, 200]);
    assert.deepEqual(
      proofs()
        .slice(-3)
        .map(({ htm, htu }) => [htm, String(htu).replace(bound.api.url, '')]),
      [
        ['POST', '/redirect'],
        ['POST', '/redirect'],
        ['GET', '/whoami'],
      ],
    );
    const got: unknown[] = [];
    const elsewhere: Server = createServer(({ headers }, answer) => {
      got.push(headers.authorization, headers['dpop']);
      answer.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n' }).end();
    });
    const place = `http://127.0.0.1:${await listen(elsewhere)}/`;
    try {
      assert.equal((await get(to(place, 307))).status, 401);
      assert.deepEqual(got, [undefined, undefined]);
    } finally {
      await stop(elsewhere);
    }
  });

  for (const nonceStatus of [401, 400] as const)
    it(`repeats a request once with the nonce that is demanded with ${nonceStatus}, and refreshes nothing`, async () => {
      await signInFirst();
      Object.assign(bound.api.settings, { nonce: 'demanded', nonceStatus });
      const before = bound.surroundings.tokenRequests();
      const response = await get('/whoami', { method: 'POST', body: 'hello' });
      assert.partialDeepStrictEqual(await response.json(), { body: 'hello' });
      assert.deepEqual(answered(), ['use_dpop_nonce', 200]);
      assert.equal((await get('/other')).status, 200);
      assert.deepEqual(answered(), [200], 'and remembers it');
      bound.api.rotateNonce();
      assert.equal((await get('/other')).status, 200);
      assert.deepEqual(answered(), ['use_dpop_nonce', 200]);
      assert.equal(bound.surroundings.tokenRequests(), before);
    });

  it('is bounded where no nonce satisfies', async () => {
    await signInFirst();
    bound.api.settings.nonce = 'never';
    const before = bound.surroundings.tokenRequests();
    for (const nonceStatus of [401, 400] as const) {
      bound.api.settings.nonceStatus = nonceStatus;
      assert.equal((await get('/whoami')).status, nonceStatus);
      assert.deepEqual(answered(), ['use_dpop_nonce', 'use_dpop_nonce']);
    }
    assert.deepEqual([bound.surroundings.tokenRequests(), bound.surroundings.signIns()], [before, 1]);
  });

  it('repeats each of the requests that were sent before the nonce was known', async () => {
    await signInFirst();
    bound.api.settings.nonce = 'demanded';
    const all = await Promise.all(Array.from({ length: 5 }, (_, at) => get(`/whoami?at=${at}`)));
    assert.deepEqual(new Set(all.map(({ status }) => status)), new Set([200]));
  });

  it('takes the next nonce from any response', async () => {
    await signInFirst();
    const sent: unknown[] = [];
    const demand = { 'www-authenticate': 'DPoP error="use_dpop_nonce"' };
    const answers = [
      new Response(null, { status: 401, headers: { ...demand, 'dpop-nonce': 'n-1' } }),
      new Response(null, { status: 200, headers: { 'dpop-nonce': 'n-2' } }),
      new Response(null, { status: 200, headers: { 'dpop-nonce': 'n-3' } }),
      new Response(null, { status: 200 }),
    ];
    const send: typeof fetch = (_, init) => {
      sent.push(jose.decodeJwt(new Headers(init?.headers).get('dpop') ?? '')['nonce']);
      return Promise.resolve(answers.shift() ?? assert.fail());
    };
    for (let count = 0; count < 3; count++)
      assert.equal((await get('/whoami', {}, { fetch: send })).status, 200);
    assert.deepEqual(sent.slice(1), ['n-1', 'n-2', 'n-3']);
  });

  it('says to the person in the end that an API might want a proof', async () => {
    await signInFirst();
    const refusal = { status: 401, headers: { 'www-authenticate': 'DPoP error="invalid_token"' } };
    const send = () => Promise.resolve(new Response(null, refusal));
    const always = () => get('/whoami', {}, { fetch: send });
    assert.equal((await always()).status, 401, 'after a new token');
    assert.equal((await always()).status, 401, 'after a new sign-in');
    await assert.rejects(always(), {
      name: 'AccessRefused',
      message: /bound to a key \(DPoP\).*without a proof/,
    });
    assert.equal(bound.surroundings.signIns(), 2);
  });

  it('is not repeated with a body that is gone: the next request has the nonce', async () => {
    await signInFirst();
    bound.api.settings.nonce = 'demanded';
    const body = new Blob(['x']).stream();
    assert.equal((await get('/whoami', { method: 'POST', body, duplex: 'half' } as RequestInit)).status, 401);
    assert.deepEqual(answered(), ['use_dpop_nonce']);
    assert.equal((await get('/whoami')).status, 200);
    assert.deepEqual(answered(), [200]);
  });

  const answers: [what: string, status: number, headers: Record<string, string>, body: string][] = [
    [
      'a status that demands nothing',
      403,
      { 'dpop-nonce': 'a1', 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
      '',
    ],
    [
      'a nonce of the wrong characters',
      401,
      { 'dpop-nonce': 'a 2', 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
      '',
    ],
    [
      'a nonce that is too long',
      401,
      { 'dpop-nonce': 'n'.repeat(2001), 'www-authenticate': 'DPoP error="use_dpop_nonce"' },
      '',
    ],
    ['no nonce', 401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }, ''],
    [
      'a wrong request beside a new nonce',
      400,
      { 'dpop-nonce': 'a3', 'content-type': 'application/json' },
      '{"error":"invalid_request"}',
    ],
    [
      'a body that is no JSON',
      400,
      { 'dpop-nonce': 'a4', 'content-type': 'application/json' },
      '{"error":"use_dpop_nonce"',
    ],
    [
      'a body that is too long',
      400,
      { 'dpop-nonce': 'a5', 'content-type': 'application/json' },
      `{"error":"use_dpop_nonce","x":"${'x'.repeat(20_000)}"}`,
    ],
    [
      'a body of another type',
      400,
      { 'dpop-nonce': 'a6', 'content-type': 'text/plain' },
      '{"error":"use_dpop_nonce"}',
    ],
    [
      'a refused proof',
      401,
      { 'dpop-nonce': 'a7', 'www-authenticate': 'DPoP error="invalid_dpop_proof"' },
      '',
    ],
  ];
  for (const [what, status, headers, body] of answers)
    it(`is not repeated for ${what}`, async () => {
      await signInFirst();
      const before = bound.surroundings.tokenRequests();
      let sent = 0;
      const send = () => {
        sent++;
        return Promise.resolve(new Response(body, { status, headers }));
      };
      const response = await get('/whoami', {}, { fetch: send });
      assert.deepEqual([response.status, sent], [status, 1]);
      assert.equal(await response.text(), body, 'the caller can read it');
      assert.equal(bound.surroundings.tokenRequests(), before);
    });

  it('renews a token that was revoked, without the person', async () => {
    await signInFirst();
    bound.api.refuse((await bound.session()).accessToken);
    assert.equal((await get('/whoami')).status, 200);
    assert.deepEqual(answered(), ['invalid_token', 200]);
    assert.equal(bound.surroundings.signIns(), 1);
  });

  it('renews it at an API that answers as for bearer tokens, and never sends it as one', async () => {
    await signInFirst();
    bound.api.settings.scheme = 'Bearer';
    bound.api.refuse((await bound.session()).accessToken);
    assert.equal((await get('/whoami')).status, 200);
    assert.deepEqual(answered(), ['invalid_token', 200]);
    assert.ok(bound.api.requests.every(({ scheme }) => scheme === 'DPoP'));
  });

  it('asks again for a session whose token was refreshed before the proof', async () => {
    await signInFirst();
    const old = await bound.session();
    await bound.surroundings.renewal();
    assert.notEqual((await bound.session()).accessToken, old.accessToken);
    const { getSession } = bound.standIn.authentication;
    const { id, accessToken, account, scopes: its } = old;
    // As it is, and from an editor that passes on only what it knows.
    for (const first of [old, { id, accessToken, account, scopes: its }]) {
      let asked = 0;
      mock.method(bound.standIn.authentication, 'getSession', (...request: Parameters<typeof getSession>) =>
        asked++ === 0 ? Promise.resolve(first) : getSession(...request),
      );
      assert.equal((await get('/whoami')).status, 200);
      assert.deepEqual([asked, answered()], [2, [200]]);
      assert.equal(bound.api.requests.at(-1)?.scheme, 'DPoP');
    }
    mock.method(bound.standIn.authentication, 'getSession', () => Promise.resolve(old));
    await assert.rejects(get('/whoami'), { code: 'session-renewed' });
    assert.deepEqual(answered(), []);
  });

  it('works from another extension host', async () => {
    await signInFirst();
    bound.install(undefined);
    const command = bound.standIn.commands.registerCommand('oidc.proveSession', (id, digest, request) =>
      proveHeld(bound.surroundings.exportsContext(), id, digest, request),
    );
    try {
      assert.equal((await get('/whoami')).status, 200);
    } finally {
      command.dispose();
    }
    await assert.rejects(get('/whoami'), { code: 'proof-unavailable', message: /Update the extension/ });
    assert.deepEqual(answered(), [200]);
  });

  it('finds out by itself where the editor passes on only what it knows', async () => {
    await signInFirst();
    const { getSession } = bound.standIn.authentication;
    mock.method(
      bound.standIn.authentication,
      'getSession',
      async (...asked: Parameters<typeof getSession>) => {
        const { id, accessToken, account, scopes: its } = (await getSession(...asked)) ?? assert.fail();
        return { id, accessToken, account, scopes: its };
      },
    );
    assert.equal((await get('/whoami')).status, 200);
    assert.deepEqual(answered(), [200]);
  });

  it('sends nothing where an earlier version cannot prove the key, and says what to do', async () => {
    await signInFirst();
    const { describe: its, version } = bound.exported();
    bound.install({ describe: its, version });
    await assert.rejects(get('/whoami'), { code: 'proof-unavailable', message: /Update the extension/ });
    assert.deepEqual(answered(), []);
  });

  it('explains a server that takes only bound tokens, where the extension or the settings know nothing of it', async () => {
    await signInFirst();
    // As the version before would: a bound token, and nothing that says so.
    const { getSession } = bound.standIn.authentication;
    mock.method(
      bound.standIn.authentication,
      'getSession',
      async (...asked: Parameters<typeof getSession>) => {
        const session = (await getSession(...asked)) ?? assert.fail();
        return { ...session, tokenType: undefined };
      },
    );
    const before = bound.surroundings.tokenRequests();
    await assert.rejects(get('/whoami'), {
      name: 'AccessRefused',
      message: /bound to a key \(DPoP\)\. Set "dpop" to "required" for "oidc"/,
    });
    assert.deepEqual(answered(), ['invalid_token']);
    assert.equal(bound.surroundings.tokenRequests(), before);
  });

  it('says so if the key is lost, and the person is asked to sign in again', async () => {
    await signInFirst();
    const session = await bound.session();
    const { cache } = bound.surroundings.exportsContext();
    const damaged = { binds: 'required' as const, secret: secret('{}') };
    await cache.update(session.id.split(':')[0] ?? '', grant => ({ ...grant, proofKey: damaged }));
    await assert.rejects(get('/whoami'), { code: 'proof-key-lost', message: /Sign in again/ });
    assert.deepEqual(answered(), []);
    const [grant] = cache.known();
    assert.match(grant?.signInNeeded?.reason ?? '', /key.*DPoP.*damaged/);
  });

  it('does not let the caller set the headers of it', async () => {
    for (const name of ['authorization', 'DPoP'])
      await assert.rejects(get('/whoami', { headers: { [name]: 'x' } }), { name: 'TypeError' });
  });

  it('sends a bearer token as ever, without asking for a proof', async () => {
    bound.api.settings.takesBearer = true;
    await bound.surroundings.register({ clientId: 'editor' });
    const { describe: its, version } = bound.exported();
    bound.install({ describe: its, version, proof: () => assert.fail('nothing is proved') });
    assert.equal((await get('/whoami')).status, 200);
    assert.equal(bound.api.requests.at(-1)?.scheme, 'Bearer');
    bound.api.settings.takesBearer = false;
    await assert.rejects(get('/whoami'), { name: 'AccessRefused', message: /bound to a key/ });
    assert.equal((await bound.session()).tokenType, undefined);
  });

  describe('is of no use to a thief', () => {
    const send = (headers: Record<string, string>, path = '/whoami', method = 'GET') =>
      fetch(`${bound.api.url}${path}`, { method, headers });

    it('without a proof, with a replayed one, one for something else, or another key', async () => {
      await signInFirst();
      const { accessToken } = await bound.session();
      const authorization = `DPoP ${accessToken}`;
      const proof = bound.api.requests.at(-1)?.proof ?? '';
      await send({ authorization });
      await send({ authorization: `Bearer ${accessToken}` });
      await send({ authorization, dpop: proof });
      const request = { method: 'GET', url: `${bound.api.url}/whoami` };
      const made = (change: object) => bound.exported().proof(awaited, { ...request, ...change });
      const awaited = await bound.session();
      await send({ authorization, dpop: (await made({ url: `${bound.api.url}/other` })) ?? '' });
      await send({ authorization, dpop: (await made({ method: 'POST' })) ?? '' });
      const { privateKey, publicKey } = await jose.generateKeyPair('ES256');
      const { ath, htm, htu } = jose.decodeJwt(proof);
      const jwk = await jose.exportJWK(publicKey);
      const forged = await new jose.SignJWT({ ath, htm, htu, jti: 'forged' })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt(Math.floor(bound.surroundings.clock.now() / 1000))
        .sign(privateKey);
      await send({ authorization, dpop: forged });
      const refusal = 'invalid_dpop_proof';
      assert.deepEqual(answered(), [refusal, 'invalid_token', refusal, refusal, refusal, 'invalid_token']);
      await send({ authorization, dpop: (await made({})) ?? '' });
      assert.deepEqual(answered(), [200], 'its owner still gets in');
    });
  });
});
