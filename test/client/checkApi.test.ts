import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { listen, stop } from '../servers/listening.ts';
import { startChallengingApi } from '../servers/resourceServers/challengingApi.ts';
import { startWebSocketServer } from '../servers/resourceServers/webSocketServer.ts';
import { chatServer } from './guide/guideServer.ts';
import { prove } from '../../src/signIn/after/prove.ts';
import { boundClient } from '../protocol/methods/dpop/boundSignIn.ts';
import { signInTrial } from '../protocol/signingIn.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { startBoundApi, type BoundApi } from '../servers/resourceServers/boundApi.ts';

const program = new URL('../manifest/client/checkApi.ts', import.meta.url).pathname;

interface Finding {
  readonly tried: string;
  readonly problem?: string;
  readonly note?: string;
}

function run(
  words: readonly string[],
  token?: string,
  proof?: string,
): Promise<{ code: number; out: string }> {
  const { OIDC_TOKEN: _, OIDC_PROOF: __, ...rest } = process.env;
  const env = {
    ...rest,
    ...(token !== undefined && { OIDC_TOKEN: token }),
    ...(proof !== undefined && { OIDC_PROOF: proof }),
  };
  return new Promise(resolve =>
    execFile(process.execPath, [program, ...words], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, out: `${stdout}${stderr}`.trim() }),
    ),
  );
}

describe('check-api', () => {
  let server: Server | undefined;
  afterEach(async () => {
    if (server) await stop(server);
    server = undefined;
  });

  const check = async (address: string, token?: string, proof?: string): Promise<Finding[]> => {
    const { code, out } = await run(['--json', address], token, proof);
    const findings = JSON.parse(out) as Finding[];
    assert.equal(code, findings.some(({ problem }) => problem !== undefined) ? 1 : 0);
    return findings;
  };
  const problemsAt = async (address: string, token?: string, proof?: string) =>
    (await check(address, token, proof)).filter(({ problem }) => problem !== undefined);

  it('finds nothing at the servers of the guide', async () => {
    const identityProvider = await startIdentityProvider();
    const { issuer } = identityProvider;
    const api = await startChallengingApi({ issuer });
    const chat = await startWebSocketServer({ issuer });
    try {
      assert.deepEqual(await problemsAt(`${api.url}/whoami`), []);
      assert.deepEqual(await problemsAt(chat.url), []);
      assert.equal((await check(chat.url)).length, 4);
    } finally {
      await chat.close();
      await api.close();
      await identityProvider.close();
    }
    server = chatServer(token => {
      if (token === 'good') return Promise.resolve(undefined);
      const challenge = token === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
      return Promise.resolve({ status: '401 Unauthorized', challenge });
    });
    const url = `ws://127.0.0.1:${await listen(server)}/chat`;
    const tried = await check(url, 'good');
    assert.deepEqual(
      tried.map(({ problem }) => problem),
      new Array(6).fill(undefined),
    );
  });

  type Reply = readonly [status: number, challenge?: string];
  const right = { none: [401, 'Bearer'], wrong: [401, 'Bearer error="invalid_token"'], good: [200] } as const;
  const wrong: [what: string, replies: Partial<Record<keyof typeof right, Reply>>, problem?: RegExp][] = [
    ['lets anybody in', { none: [200] }, /without a token/],
    ['sends to a page', { none: [302] }, /redirects/],
    ['says 403 to nobody', { none: [403] }, /with 403\. Respond with 401/],
    ['says 426 first', { none: [426] }, /426 before/],
    ['has no challenge', { none: [401] }, /no challenge/],
    ['wants a password', { none: [401, 'Basic realm="x"'] }, /no challenge/],
    ['blames no token', { none: [401, 'Bearer error="invalid_token"'] }, /Remove it/],
    ['takes any token', { wrong: [200] }, /no provider issued/],
    ['does not blame the token', { wrong: [401, 'Bearer'] }, /error="invalid_token"/],
    ['says 400 to a wrong token', { wrong: [400] }, /with 400/],
    ['refuses a good token', { good: [401, 'Bearer'] }, /doesn’t say why/],
    ['does not say what is missing', { good: [403] }, /403 doesn’t say/],
    ['names no scope', { good: [403, 'Bearer error="insufficient_scope"'] }, /403 doesn’t say/],
    ['names the scope', { good: [403, 'Bearer error="insufficient_scope", scope="a b"'] }],
    ['wants another sign-in', { good: [401, 'Bearer error="insufficient_user_authentication"'] }, /which/],
    ['says which', { good: [401, 'Bearer error="insufficient_user_authentication", max_age="60"'] }],
    ['has an error of its own', { good: [500] }, /with 500/],
  ];
  for (const [what, replies, problem] of wrong) {
    it(`knows a server that ${what}`, async () => {
      server = createServer(({ headers: { authorization } }, response) => {
        const who = authorization === undefined ? 'none' : authorization === 'Bearer good' ? 'good' : 'wrong';
        const [status, challenge]: Reply = replies[who] ?? right[who];
        response.writeHead(status, challenge === undefined ? {} : { 'www-authenticate': challenge }).end();
      });
      const found = await problemsAt(`http://127.0.0.1:${await listen(server)}/`, 'good');
      assert.equal(found.length, problem ? 1 : 0);
      if (problem) assert.match(found[0]?.problem ?? '', problem);
    });
  }

  describe('of key-bound tokens (DPoP)', () => {
    let identityProvider: IdentityProvider;
    let api: BoundApi;
    before(async () => {
      identityProvider = await startIdentityProvider({ clients: [boundClient] });
      api = await startBoundApi({ issuer: identityProvider.issuer });
    });
    beforeEach(() => void Object.assign(api.settings, { nonce: 'none', nonceStatus: 401, scheme: 'DPoP' }));
    after(async () => {
      await api.close();
      await identityProvider.close();
    });

    /** A bound token, and a proof of its key for a GET of a URL of the API. */
    async function bound(path: string, nonce?: string): Promise<[token: string, proof: string]> {
      const trial = signInTrial();
      const provider = trial.provider({
        issuer: identityProvider.issuer,
        clientId: boundClient.client_id,
        dpop: 'required',
      });
      const grant = await trial.signIn(provider);
      const parts = { accounts: { renew: () => assert.fail() }, httpContext: trial.context.httpContext };
      const request = { method: 'GET', url: `${api.url}${path}`, nonce };
      const proved = await prove(parts, { grant, provider, token: grant.tokens }, request);
      return [grant.tokens.accessToken.reveal(), 'proof' in proved ? proved.proof : assert.fail()];
    }

    it('says what works with an API that takes nothing else, and finds nothing wrong', async () => {
      const [token, proof] = await bound('/reports');
      for (const nonce of ['none', 'demanded'] as const) {
        api.settings.nonce = nonce;
        const found = await check(`${api.url}/reports`);
        assert.deepEqual(
          found.map(({ tried, problem }) => [tried, problem]),
          ['without a token', 'with a wrong token', 'with a wrong token and a proof'].map(how => [
            `a GET ${how}`,
            undefined,
          ]),
        );
        assert.match(found[0]?.note ?? '', /only key-bound tokens \(DPoP\): users set "dpop" to "required"/);
      }
      api.settings.nonce = 'none';
      const own = (await check(`${api.url}/reports`, token, proof)).slice(3);
      assert.deepEqual(own, [
        { tried: 'a GET with your key-bound token, but no proof' },
        { tried: 'a GET with your token and proof' },
      ]);
      const [{ problem } = assert.fail()] = await problemsAt(`${api.url}/reports`, token, proof);
      assert.match(problem ?? '', /refuses the proof/, 'replayed');
      assert.match(
        (await run([`${api.url}/reports`], token)).out,
        /Not checked: with a proof of your token’s key/,
      );
    });

    it('asks for a proof with the nonce that the API demands', async () => {
      api.settings.nonce = 'demanded';
      const [token, proof] = await bound('/reports');
      const [{ problem } = assert.fail()] = await problemsAt(`${api.url}/reports`, token, proof);
      const [, nonce] = /--nonce (\S+)/.exec(problem ?? '') ?? [];
      assert.deepEqual(await problemsAt(`${api.url}/reports`, ...(await bound('/reports', nonce))), []);
    });

    it('knows one whose nonces satisfy nobody', async () => {
      api.settings.nonce = 'never';
      const found = await problemsAt(`${api.url}/reports`, ...(await bound('/reports')));
      assert.match(found.at(-1)?.problem ?? '', /demands a nonce/);
    });

    it('checks a WebSocket server', async () => {
      const url = api.url.replace('http', 'ws');
      assert.deepEqual(await problemsAt(`${url}/socket`, ...(await bound('/socket'))), []);
    });

    for (const [what, answer, problem] of [
      [
        'takes bound tokens without a proof',
        () => ({ status: 200 }),
        /accepts a key-bound token \(DPoP\) without a proof/,
      ],
      [
        'refuses right proofs',
        ({ dpop }) => ({
          status: 401,
          challenge: dpop === undefined ? 'DPoP error="invalid_token"' : 'DPoP error="invalid_dpop_proof"',
        }),
        /refuses a correct proof.*htu/,
      ],
      [
        'demands another nonce each time',
        ({ dpop }) => ({
          status: 401,
          challenge: `DPoP error="${dpop === undefined ? 'invalid_token' : 'use_dpop_nonce'}"`,
          nonce: 'n',
        }),
        /demands a nonce even with the nonce/,
      ],
      [
        'does not blame a bound token',
        ({ dpop }) =>
          dpop === undefined ? { status: 401, challenge: 'DPoP error="invalid_token"' } : { status: 401 },
        /no DPoP challenge/,
      ],
    ] as [
      string,
      (headers: { dpop?: string }) => { status: number; challenge?: string; nonce?: string },
      RegExp,
    ][])
      it(`knows one that ${what}`, async () => {
        server = createServer(({ headers }, response) => {
          const { authorization, dpop } = headers as { authorization?: string; dpop?: string };
          const { status, challenge, nonce } =
            authorization === undefined
              ? { status: 401, challenge: 'DPoP algs="ES256"' }
              : authorization.endsWith('not-a-token') && status200
                ? { status: 401, challenge: 'DPoP error="invalid_token"' }
                : answer(dpop === undefined ? {} : { dpop });
          response.writeHead(status, {
            ...(challenge !== undefined && { 'www-authenticate': challenge }),
            ...(nonce !== undefined && { 'dpop-nonce': nonce }),
          });
          response.end();
        });
        const status200 = answer({}).status === 200;
        const [token] = await bound('/');
        const found = await problemsAt(`http://127.0.0.1:${await listen(server)}/`, token);
        assert.equal(found.length, 1, JSON.stringify(found));
        assert.match(found[0]?.problem ?? '', problem);
      });

    it('knows one with algorithms that no key here has', async () => {
      server = createServer((_request, response) =>
        response.writeHead(401, { 'www-authenticate': 'DPoP algs="ES512"' }).end(),
      );
      const found = await problemsAt(`http://127.0.0.1:${await listen(server)}/`);
      assert.match(found[0]?.problem ?? '', /no algorithm of the editor’s keys \(ES512\)/);
    });

    it('says that an API takes both', async () => {
      server = createServer(({ headers }, response) => {
        const error = headers.authorization === undefined ? '' : ' error="invalid_token"';
        response.writeHead(401, { 'www-authenticate': `Bearer${error}, DPoP${error}` }).end();
      });
      const found = await check(`http://127.0.0.1:${await listen(server)}/`);
      assert.match(found[0]?.note ?? '', /bearer tokens and key-bound ones/);
    });
  });

  it('knows a WebSocket server that says 426 to whoever does not upgrade', async () => {
    server = createServer((_request, response) => response.writeHead(426).end());
    server.on('upgrade', (_request, socket) => {
      socket.end('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n');
    });
    const found = await problemsAt(`ws://127.0.0.1:${await listen(server)}/`);
    assert.deepEqual(
      found.map(({ tried }) => tried),
      [
        'a handshake with a wrong token',
        'a GET of the same URL without a token',
        'a GET of the same URL with a wrong token',
      ],
    );
  });

  it('speaks to people, and says what it cannot do', async () => {
    server = createServer((_request, response) => response.writeHead(200).end());
    const address = `http://127.0.0.1:${await listen(server)}/`;
    const { code, out } = await run([address]);
    assert.deepEqual(
      [code, out.split('\n')[0]],
      [1, '✘ a GET without a token: It accepts requests without a token. Respond with 401.'],
    );
    assert.match(out, /Not checked: with your token\. Set OIDC_TOKEN/);
    assert.doesNotMatch((await run([address], 'good')).out, /Not checked/);
    assert.deepEqual(await run(['--help']).then(({ code }) => code), 0);
    assert.deepEqual(await run([]).then(({ code }) => code), 2);
    assert.deepEqual(await run(['ftp://x.example']), {
      code: 2,
      out: "ftp://x.example isn't a URL with http, https, ws, or wss.",
    });
    await stop(server);
    server = undefined;
    const gone = await run([address]);
    assert.equal(gone.code, 2);
    assert.match(gone.out, /^Couldn't reach the server: /);
  });
});
