import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type * as Client from '../../../src/client/index.ts';
import { people } from '../../servers/identityProvider/people.ts';
import {
  startWebSocketServer,
  type TokenWebSocketServer,
} from '../../servers/resourceServers/webSocketServer.ts';
import type * as EditorStandIn from '../../standIns/editor/vscode.ts';
import { until } from '../../protocol/signingIn.ts';
import { openSignedInEditor, type SignedInEditor } from '../signedInEditor.ts';

const scopes = ['openid', 'profile'];
const NodeWebSocket = WebSocket as unknown as new (url: URL, options: object) => Client.SocketLike;

describe('authorizedWebSocket', () => {
  let surroundings: SignedInEditor;
  let server: TokenWebSocketServer;
  let client: typeof Client;
  let standIn: typeof EditorStandIn;
  let connection: Client.AuthorizedWebSocket | undefined;

  before(async () => {
    surroundings = await openSignedInEditor();
    client = await import('../../../src/client/index.ts');
    standIn = await import('../../standIns/editor/vscode.ts');
  });
  after(() => surroundings.close());
  beforeEach(async () => {
    await surroundings.reset();
    server = await startWebSocketServer({ issuer: surroundings.identityProvider.issuer });
  });
  afterEach(async () => {
    connection?.dispose();
    connection = undefined;
    await server.close();
  });

  const connect = async (options: Client.AuthorizedWebSocketOptions = {}) =>
    (connection = await client.authorizedWebSocket('oidc', scopes, server.url, options));
  const session = async () => {
    const found = await standIn.authentication.getSession('oidc', scopes, { silent: true });
    assert.ok(found);
    return found;
  };
  const next = (of: Client.AuthorizedWebSocket) =>
    new Promise<string | ArrayBuffer>(resolve => of.onDidReceive(resolve));
  const signInFirst = () => client.requireSession('oidc', scopes);

  it('signs in, sends the token in the handshake, and talks', async () => {
    const open = await connect();
    assert.equal(surroundings.signIns(), 1);
    assert.deepEqual(server.open, [(await session()).accessToken]);
    const greeting = await next(open);
    assert.ok(typeof greeting === 'string');
    assert.deepEqual(JSON.parse(greeting), { sub: people.alice.sub });
    open.send('hello');
    assert.equal(await next(open), 'hello');
    open.send(new TextEncoder().encode('bytes'));
    assert.equal(new TextDecoder().decode((await next(open)) as ArrayBuffer), 'bytes');
  });

  it('renews a token that was revoked, and connects', async () => {
    await signInFirst();
    server.refuse((await session()).accessToken);
    await connect();
    assert.deepEqual([...new Set(server.handshakes)], [401, 101]);
    assert.equal(surroundings.signIns(), 1);
  });

  it('changes over to a new token before the old one ends, without a gap', async () => {
    const open = await connect();
    const old = (await session()).accessToken;
    let openings = 0;
    open.onDidOpen(() => openings++);
    await surroundings.renewal();
    await until(() => server.handshakes.length === 2 && server.open.length === 1);
    const current = (await session()).accessToken;
    assert.notEqual(current, old);
    assert.deepEqual(server.open, [current]);
    assert.equal(openings, 1);
    const received: unknown[] = [];
    open.onDidReceive(data => received.push(data));
    open.send('still here');
    // The greeting of the new connection may come first.
    await until(() => received.includes('still here'));
  });

  it('comes back with a new token after one was revoked', async () => {
    await connect({ retries: 1 });
    const old = (await session()).accessToken;
    server.refuse(old);
    await until(() => server.open.length === 1 && server.open[0] !== old);
    assert.deepEqual(server.handshakes, [101, 101], 'the refused token is not tried again');
    assert.equal(surroundings.signIns(), 1);
  });

  it('ends when the person signs out', async () => {
    const open = await connect();
    const ended = new Promise(resolve => open.onDidEnd(resolve));
    await surroundings.signOut();
    assert.deepEqual(await ended, { kind: 'signed-out', code: 1000, reason: 'signed out' });
    assert.throws(() => open.send('x'), /no connection/);
    await until(() => server.open.length === 0);
    assert.equal(standIn.editor.dialogs.length, 1, 'and nobody is asked');
  });

  it('ends when the person takes the permission back', async () => {
    const open = await connect();
    const ended = new Promise(resolve => open.onDidEnd(resolve));
    standIn.editor.takeBack('oidc', (await session()).account.label);
    assert.partialDeepStrictEqual(await ended, { kind: 'permission' });
    await until(() => server.open.length === 0);
  });

  it('leaves nothing open when it is closed', async () => {
    (await connect()).dispose();
    await until(() => server.open.length === 0);
  });

  it('says that a server cannot be reached, and does not blame the token', async () => {
    await signInFirst();
    const closed = createServer();
    await new Promise<void>(resolve => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise(resolve => closed.close(resolve));
    const requests = surroundings.tokenRequests();
    await assert.rejects(
      client.authorizedWebSocket('oidc', scopes, `ws://127.0.0.1:${port}`),
      /did not open the WebSocket/,
    );
    assert.equal(surroundings.tokenRequests(), requests);
  });

  it('refuses an address that is not encrypted, and one that is not for WebSockets', async () => {
    await assert.rejects(client.authorizedWebSocket('oidc', scopes, 'ws://chat.example.com'), /over wss/);
    await assert.rejects(client.authorizedWebSocket('oidc', scopes, 'https://chat.example.com'), /over wss/);
    assert.equal(surroundings.signIns(), 0);
  });

  it('comes to an end with a server that always says 401, and asks nobody twice', async () => {
    const strict = await startWebSocketServer({
      issuer: surroundings.identityProvider.issuer,
      audience: 'urn:nobody',
    });
    try {
      const open = () => client.authorizedWebSocket('oidc', scopes, strict.url);
      await assert.rejects(open(), /did not open the WebSocket/);
      // Twice: once more, with a new token. Node itself sends a handshake a second time after a 401.
      assert.ok(strict.handshakes.length <= 4, strict.handshakes.join(' '));
      assert.equal(surroundings.signIns(), 1);
      for (let i = 0; i < 3; i++) await assert.rejects(open());
      assert.equal(surroundings.signIns(), 2, 'and once with a new sign-in');
      await assert.rejects(open(), { name: 'AccessRefused', message: /refused the token again/ });
    } finally {
      await strict.close();
    }
  });

  it('does not ask somebody to sign in who has signed out while it was opened', async () => {
    await signInFirst();
    server.refuse((await session()).accessToken);
    const dialogs = standIn.editor.dialogs.length;
    const signingOut: Client.AuthorizedWebSocketOptions['connect'] = async (url, token) => {
      await surroundings.signOut();
      return new NodeWebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    };
    await assert.rejects(connect({ connect: signingOut }), /did not open the WebSocket/);
    assert.equal(standIn.editor.dialogs.length, dialogs);
    assert.deepEqual(server.open, []);
  });

  it('fails with an unknown provider id, and does not connect', async () => {
    await assert.rejects(client.authorizedWebSocket('nobody', scopes, server.url), /nobody/);
    assert.deepEqual(server.handshakes, []);
  });

  it('takes a connection made another way', async () => {
    const tokens: string[] = [];
    await connect({
      connect(url, token) {
        tokens.push(token);
        return new NodeWebSocket(url, { headers: { authorization: `Bearer ${token}` } });
      },
    });
    assert.deepEqual(tokens, [(await session()).accessToken]);
  });
});
