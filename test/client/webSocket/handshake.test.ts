import assert from 'node:assert/strict';
import { hasSubscribers } from 'node:diagnostics_channel';
import { createServer, type Server } from 'node:http';
import { decodeJwt } from 'jose';
import WebSocketOfPackage, { WebSocketServer } from 'ws';
import type * as Client from '../../../src/client/index.ts';
import { goldAcr } from '../../servers/identityProvider/configuration.ts';
import { listen, stop } from '../../servers/listening.ts';
import { startChallengingApi } from '../../servers/resourceServers/challengingApi.ts';
import type * as EditorStandIn from '../../standIns/editor/vscode.ts';
import { chatServer, type Check } from '../guide/guideServer.ts';
import { openSignedInEditor, type SignedInEditor } from '../signedInEditor.ts';

const scopes = ['openid', 'profile'];

describe('a handshake that is refused', () => {
  let surroundings: SignedInEditor;
  let client: typeof Client;
  let editor: typeof EditorStandIn.editor;
  let server: Server;
  let url: string;
  /** What came besides handshakes. */
  let requests: string[];
  let connection: Client.AuthorizedWebSocket | undefined;

  before(async () => {
    surroundings = await openSignedInEditor();
    client = await import('../../../src/client/index.ts');
    ({ editor } = await import('../../standIns/editor/vscode.ts'));
  });
  after(() => surroundings.close());
  beforeEach(() => surroundings.reset());
  afterEach(async () => {
    connection?.dispose();
    await stop(server);
    assert.ok(!hasSubscribers('undici:request:headers'), 'nobody listens any more');
  });

  async function start(started: Server): Promise<void> {
    server = started;
    requests = [];
    server.on('request', ({ method = '', url: path = '' }) => requests.push(`${method} ${path}`));
    url = `ws://127.0.0.1:${await listen(server)}/chat`;
  }
  /** The server of the guide. */
  const startChecking = (check: (claims: Record<string, unknown>) => string | undefined) => {
    const judge: Check = token => {
      if (token === undefined) return Promise.resolve({ status: '401 Unauthorized', challenge: 'Bearer' });
      const challenge = check(decodeJwt(token));
      return Promise.resolve(challenge === undefined ? undefined : { status: '403 Forbidden', challenge });
    };
    return start(chatServer(judge));
  };
  /** A server that answers every handshake with this, and every other request with 426, as `ws` does by itself. */
  const startRefusing = async (...lines: string[]) => {
    await start(createServer());
    server.on('request', (_request, response) => response.writeHead(426).end());
    server.on('upgrade', (_request, socket) => {
      socket.end([`HTTP/1.1 ${lines[0] ?? ''}`, ...lines.slice(1), 'Content-Length: 0', '', ''].join('\r\n'));
      socket.resume();
    });
  };
  const open = async (options: Client.AuthorizedWebSocketOptions = {}) =>
    (connection = await client.authorizedWebSocket('oidc', scopes, url, options));
  const withPackage: Client.AuthorizedWebSocketOptions = {
    connect: (address, token) =>
      new WebSocketOfPackage(address, {
        headers: { authorization: `Bearer ${token}` },
      }) as unknown as Client.SocketLike,
  };

  for (const [what, options] of [
    ["by Node's own WebSocket", {}],
    ['by the package ws', withPackage],
  ] as const) {
    describe(what, () => {
      it('gets the scopes that it names, though the server answers 426 without the upgrade', async () => {
        await startChecking(({ scope }) =>
          String(scope).split(' ').includes('api:write')
            ? undefined
            : 'Bearer error="insufficient_scope", scope="api:write"',
        );
        const open1 = await open(options);
        const echo = new Promise(resolve => open1.onDidReceive(resolve));
        open1.send('hello');
        assert.equal(await echo, 'hello');
        assert.equal(surroundings.signIns(), 2);
        assert.deepEqual(requests, [], 'nothing was asked besides');
      });

      it('gets the stronger sign-in that it asks for', async () => {
        await startChecking(({ acr }) =>
          acr === goldAcr
            ? undefined
            : `Bearer error="insufficient_user_authentication", acr_values="${goldAcr}"`,
        );
        await open(options);
        assert.equal(surroundings.signIns(), 2);
      });

      for (const [status, ...headers] of [
        ['403 Forbidden'],
        ['404 Not Found'],
        ['503 Service Unavailable', 'Retry-After: 9'],
        ['426 Upgrade Required'],
        ['200 OK'],
        ['403 Forbidden', 'WWW-Authenticate: Basic realm="\u65e5\u672c"'],
      ] as const) {
        it(`says that the answer was ${[status, ...headers].join(', ')}, and asks nobody`, async () => {
          await client.requireSession('oidc', scopes);
          await startRefusing(status, ...headers);
          const before = surroundings.tokenRequests();
          await assert.rejects(open(options), (error: unknown) => {
            assert.ok(error instanceof client.WebSocketRefused);
            const number = parseInt(status);
            assert.deepEqual([error.status, error.response?.status], [number, number]);
            assert.match(
              error.message,
              new RegExp(`^127.0.0.1:\\d+ did not open .* it answered ${number}\\.$`),
            );
            if (headers[0]?.startsWith('Retry'))
              assert.equal(error.response?.headers.get('retry-after'), '9');
            return true;
          });
          assert.deepEqual([surroundings.tokenRequests(), surroundings.signIns()], [before, 1]);
        });
      }
    });
  }

  it('is asked about without the upgrade where a browser shows nothing', async () => {
    await startChecking(({ acr }) =>
      acr === goldAcr
        ? undefined
        : `Bearer error="insufficient_user_authentication", acr_values="${goldAcr}"`,
    );
    const { getBuiltinModule } = process;
    process.getBuiltinModule = () => undefined;
    try {
      await open();
    } finally {
      process.getBuiltinModule = getBuiltinModule;
    }
    assert.deepEqual(requests, ['GET /chat']);
    assert.equal(surroundings.signIns(), 2);
  });

  it('is not told by the answer to another request with the same token', async () => {
    await client.requireSession('oidc', scopes);
    await start(createServer((_request, response) => response.writeHead(503).end()));
    const call = client.authorizedFetch('oidc', scopes);
    server.on('upgrade', (_request, socket) => {
      void call(url.replace('ws', 'http')).finally(() => socket.destroy());
    });
    await assert.rejects(open(), { name: 'WebSocketRefused', status: undefined });
    assert.deepEqual(requests, ['GET /chat', 'GET /chat'], 'ours, and one to find out');
  });

  it('is told of by its error in the challenge, for programs', async () => {
    await startChecking(() => 'Bearer error="insufficient_scope", scope="nobody:has"');
    const refused = { name: 'AccessRefused', code: 'insufficient_scope', challenge: /nobody:has/ };
    await assert.rejects(open(), refused);
    const api = await startChallengingApi({ issuer: surroundings.identityProvider.issuer });
    try {
      const call = client.authorizedFetch('oidc', scopes);
      await assert.rejects(call(`${api.url}/unreachable-vault`), {
        name: 'AccessRefused',
        code: 'insufficient_user_authentication',
      });
    } finally {
      await api.close();
    }
  });

  it('tells a server that closed for good from one that cannot be had again', async () => {
    const webSockets = new WebSocketServer({ noServer: true });
    await start(createServer());
    server.on('upgrade', (request, socket, head) =>
      webSockets.handleUpgrade(request, socket, head, webSocket =>
        webSocket.on('message', data =>
          (data as Buffer).toString() === 'bye' ? webSocket.close(1000) : socket.destroy(),
        ),
      ),
    );
    for (const [word, kind] of [
      ['bye', 'closed'],
      ['crash', 'lost'],
    ] as const) {
      const { promise, resolve } = Promise.withResolvers();
      const opened = await open({ retries: 0 });
      opened.onDidEnd(resolve);
      opened.send(word);
      assert.partialDeepStrictEqual(await promise, { kind });
    }
  });

  it('tells a no from nobody having been asked', async () => {
    await startChecking(() => undefined);
    const open = (options: Client.AuthorizedWebSocketOptions = {}) =>
      client.authorizedWebSocket('oidc', ['openid', 'email'], url, options);
    await assert.rejects(open({ signIn: 'never' }), { name: 'SignInDeclined', code: 'not-signed-in' });
    editor.consents = false;
    await assert.rejects(open(), { name: 'SignInDeclined', code: 'declined' });
  });
});
