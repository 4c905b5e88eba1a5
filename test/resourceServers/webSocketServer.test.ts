import assert from 'node:assert/strict';
import { request } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type * as oauth from 'oauth4webapi';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { people } from '../servers/identityProvider/people.ts';
import { discover, signIn } from '../servers/referenceClient.ts';
import { reportsResource } from '../servers/identityProvider/resources.ts';
import { settled } from '../standIns/manualClock.ts';
import {
  startWebSocketServer,
  type TokenWebSocketServer,
} from '../servers/resourceServers/webSocketServer.ts';

describe('a WebSocket server that judges the token of the handshake', function () {
  this.timeout(60_000);
  let provider: IdentityProvider;
  let as: oauth.AuthorizationServer;
  let server: TokenWebSocketServer;
  let later = 0;

  before(async () => {
    provider = await startIdentityProvider();
    as = await discover(provider.issuer);
  });
  after(() => provider.close());
  beforeEach(async () => {
    later = 0;
    provider.settings.accessTokens = 'jwt';
    server = await startWebSocketServer({ issuer: provider.issuer, now: () => Date.now() + later });
  });
  afterEach(() => server.close());

  const tokenFor = async (parameters?: Record<string, string>): Promise<string> =>
    (await signIn(as, people.alice, { ...(parameters && { parameters }) })).tokens.access_token;

  /** The answer to a handshake, as a browser that shows everything would tell it. */
  const handshake = (
    token?: string,
    of = server,
  ): Promise<{ status: number; challenge: string | undefined }> =>
    new Promise((resolve, reject) => {
      const headers = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      };
      const sent = request(of.url.replace('ws', 'http'), { headers, agent: false });
      sent.on('response', response => {
        response.resume();
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, challenge: response.headers['www-authenticate'] }),
        );
      });
      sent.on('upgrade', (response, socket) => {
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, challenge: undefined });
      });
      sent.on('error', reject);
      sent.end();
    });

  it('accepts a valid token', async () => {
    assert.equal((await handshake(await tokenFor())).status, 101);
  });

  it('answers 401 before it accepts: no token', async () => {
    const { status, challenge } = await handshake();
    assert.equal(status, 401);
    assert.match(challenge ?? '', /^Bearer realm=/);
    assert.doesNotMatch(challenge ?? '', /error/, 'no error where there was no token (RFC 6750, 3.1)');
    assert.deepEqual(server.open, []);
  });

  const refused: [what: string, token: () => Promise<string>][] = [
    [
      'an ended token',
      async () => {
        const token = await tokenFor();
        later = 3600_000;
        return token;
      },
    ],
    [
      'a token for another audience',
      () => tokenFor({ resource: reportsResource, scope: 'openid reports:read' }),
    ],
    ['a token with a changed signature', async () => (await tokenFor()).replace(/.{4}$/, 'AAAA')],
    ['no token at all but text', () => Promise.resolve('hello')],
    ['an ID token', async () => (await signIn(as, people.alice)).tokens.id_token ?? ''],
  ];
  for (const [what, token] of refused) {
    it(`answers 401 before it accepts: ${what}`, async () => {
      const { status, challenge } = await handshake(await token());
      assert.equal(status, 401);
      assert.match(challenge ?? '', /error="invalid_token"/);
      assert.deepEqual(server.handshakes, [401]);
    });
  }

  it('gives whoever has a token a ticket that opens one connection, within half a minute', async () => {
    const token = await tokenFor();
    const buy = async (authorization?: string): Promise<Response> =>
      fetch(`${server.url.replace('ws', 'http')}/ticket`, {
        method: 'POST',
        ...(authorization !== undefined && { headers: { authorization } }),
      });
    assert.equal((await buy()).status, 401);
    const ticket = async () => ((await (await buy(`Bearer ${token}`)).json()) as { ticket: string }).ticket;
    const show = async (shown: string) =>
      (await handshake(undefined, { ...server, url: `${server.url}/?ticket=${shown}` })).status;
    const [once, late] = [await ticket(), await ticket()];
    assert.deepEqual([await show(once), await show(once), await show('invented')], [101, 401, 401]);
    later = 30_001;
    assert.equal(await show(late), 401);
  });

  it('learns by introspection that a token was revoked', async () => {
    provider.settings.accessTokens = 'opaque';
    const { resourceServer: introspection } = provider.clients;
    const asking = await startWebSocketServer({ issuer: provider.issuer, introspection });
    try {
      const token = await tokenFor();
      assert.equal((await handshake(token, asking)).status, 101);
      provider.revokeEverything(people.alice.sub);
      const { status, challenge } = await handshake(token, asking);
      assert.equal(status, 401);
      assert.match(challenge ?? '', /error="invalid_token"/);
    } finally {
      await asking.close();
    }
  });

  it('closes a connection whose token ends', async () => {
    const token = await tokenFor();
    later = 3600_000 - 1500;
    const NodeWebSocket = WebSocket as unknown as new (url: string, options: object) => WebSocket;
    const socket = new NodeWebSocket(server.url, { headers: { authorization: `Bearer ${token}` } });
    const code = await new Promise<number>(resolve => {
      socket.onclose = event => resolve(event.code);
    });
    assert.equal(code, 4401);
  });

  it('is left with no open socket and no more memory by a thousand who are not let in', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const used = (): number => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const ended = await tokenFor();
    later = 3600_000;
    const storm = async (count: number): Promise<void> => {
      for (let left = count; left > 0; left -= 50) {
        const answers = await Promise.all(
          Array.from({ length: 50 }, (_, i) => handshake([undefined, 'hello', ended][i % 3])),
        );
        assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([401]));
      }
    };
    // What is loaded and compiled only once does not count.
    await storm(300);
    const before = used();
    await storm(1000);
    // Each ends when its client has read the answer and closed its side.
    while ((await server.sockets()) > 0) await settled();
    const grown = used() - before;
    assert.ok(grown < 1000 * 1024, `${Math.round(grown / 1024)} KiB more after 1000 attempts`);
    assert.deepEqual(server.open, []);
  });
});
