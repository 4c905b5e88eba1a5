import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { listen, stop } from '../servers/listening.ts';
import { startChallengingApi } from '../servers/resourceServers/challengingApi.ts';
import { startWebSocketServer } from '../servers/resourceServers/webSocketServer.ts';
import { chatServer } from './guide/guideServer.ts';
import { startIdentityProvider } from '../servers/identityProvider/identityProvider.ts';

const program = new URL('../manifest/client/checkApi.ts', import.meta.url).pathname;

interface Finding {
  readonly tried: string;
  readonly problem?: string;
}

function run(words: readonly string[], token?: string): Promise<{ code: number; out: string }> {
  const { OIDC_TOKEN: _, ...env } = process.env;
  return new Promise(resolve =>
    execFile(
      process.execPath,
      [program, ...words],
      { env: { ...env, ...(token !== undefined && { OIDC_TOKEN: token }) } },
      (error, stdout, stderr) =>
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

  const check = async (address: string, token?: string): Promise<Finding[]> => {
    const { code, out } = await run(['--json', address], token);
    const findings = JSON.parse(out) as Finding[];
    assert.equal(code, findings.some(({ problem }) => problem !== undefined) ? 1 : 0);
    return findings;
  };
  const problemsAt = async (address: string, token?: string) =>
    (await check(address, token)).filter(({ problem }) => problem !== undefined);

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
