import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type * as vscode from 'vscode';
import type * as Client from '../../../src/client/index.ts';
import { until } from '../../protocol/signingIn.ts';
import type * as EditorStandIn from '../../standIns/editor/vscode.ts';
import { settled } from '../../standIns/manualClock.ts';
import { openSignedInEditor, type SignedInEditor } from '../signedInEditor.ts';
import { TestSocket } from './testSocket.ts';

const scopes = ['openid', 'profile'];

describe('authorizedWebSocket in trouble', () => {
  let surroundings: SignedInEditor;
  let client: typeof Client;
  let standIn: typeof EditorStandIn;
  let connection: Client.AuthorizedWebSocket | undefined;
  let sockets: TestSocket[];
  let ends: Client.WebSocketEnd[];
  /** What the server does with a handshake. */
  let answer: (socket: TestSocket) => void;

  // Time that has passed for the tokens has passed for the provider, too: each test has its own.
  beforeEach(async () => {
    surroundings = await openSignedInEditor();
    client = await import('../../../src/client/index.ts');
    standIn = await import('../../standIns/editor/vscode.ts');
    await surroundings.reset();
    await client.requireSession('oidc', scopes);
    [sockets, ends] = [[], []];
    answer = socket => socket.begin();
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  });
  afterEach(async () => {
    connection?.dispose();
    connection = undefined;
    mock.restoreAll();
    mock.timers.reset();
    standIn.editor.exported = {};
    await surroundings.close();
  });

  const opening = (options: Client.AuthorizedWebSocketOptions = {}, asked = scopes) =>
    client.authorizedWebSocket('oidc', asked, 'wss://chat.example.com', {
      connect(_url, token) {
        const socket = new TestSocket(token);
        sockets.push(socket);
        // The listeners come first.
        setImmediate(() => answer(socket));
        return socket;
      },
      fetch: () => Promise.reject(new Error('offline')),
      ...options,
    });
  const connect = async (options?: Client.AuthorizedWebSocketOptions, asked?: string[]) => {
    const opened = (connection = await opening(options, asked));
    opened.onDidEnd(how => ends.push(how));
    await settled();
    return opened;
  };
  const pass = async (seconds: number): Promise<void> => {
    mock.timers.tick(seconds * 1000);
    await settled();
  };
  const session = async (): Promise<vscode.AuthenticationSession> => {
    const found = await standIn.authentication.getSession('oidc', scopes, { silent: true });
    assert.ok(found);
    return found;
  };
  const tokens = () => sockets.map(({ token }) => token);
  /** The editor answers otherwise, without a question to our provider. */
  const editorAnswers = (give: () => Promise<vscode.AuthenticationSession | undefined>) =>
    mock.method(standIn.authentication, 'getSession', give as typeof standIn.authentication.getSession);
  const sessionsChange = async (): Promise<void> => {
    standIn.editor.takeBack('oidc', 'nobody');
    await settled();
  };

  it('gives up on a server that accepts and closes, ever more slowly', async () => {
    await connect();
    answer = socket => {
      socket.begin();
      setImmediate(() => socket.end(1011, 'overloaded'));
    };
    sockets[0]?.end(1011, 'overloaded');
    const waits: number[] = [];
    for (let waited = 0; ends.length === 0 && waited < 100;) {
      const before = sockets.length;
      await pass(1);
      waited++;
      if (sockets.length > before) {
        waits.push(waited);
        waited = 0;
      }
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16]);
    assert.deepEqual(ends, [{ kind: 'lost', code: 1011, reason: 'overloaded' }]);
  });

  it('begins to count anew once a connection has lasted', async () => {
    await connect({ retries: 1 });
    for (let i = 0; i < 3; i++) {
      sockets.at(-1)?.end(1006);
      await pass(1);
      await pass(60);
    }
    assert.equal(sockets.length, 4);
    sockets.at(-1)?.end(1006);
    await pass(1);
    await pass(59);
    sockets.at(-1)?.end(1006);
    await pass(60);
    assert.deepEqual([sockets.length, ends.length], [5, 1]);
  });

  for (const code of [4401, 1008]) {
    it(`answers a refusal that comes as close code ${code} with another token, once`, async () => {
      await connect();
      const { accessToken: first } = await session();
      sockets[0]?.end(code, 'who?');
      await until(() => sockets.length === 2);
      await settled();
      const { accessToken: second } = await session();
      assert.notEqual(second, first);
      assert.deepEqual(tokens(), [first, second]);
      assert.deepEqual(ends, []);
      sockets[1]?.end(code, 'who?');
      await until(() => ends.length === 1);
      await pass(100);
      assert.deepEqual(ends, [{ kind: 'refused', code, reason: 'who?' }]);
      assert.equal(sockets.length, 2);
      assert.deepEqual(standIn.editor.dialogs, ['sign in']);
    });
  }

  it('ends where there is no other token for one that was refused so', async () => {
    await connect();
    const known = await session();
    editorAnswers(() => Promise.resolve(known));
    sockets[0]?.end(4401, 'who?');
    await until(() => ends.length === 1);
    assert.deepEqual(ends, [{ kind: 'refused', code: 4401, reason: 'who?' }]);
    assert.equal(sockets.length, 1);
  });

  it('comes back without a renewal when a token ends that was good for a while', async () => {
    await connect();
    const requests = surroundings.tokenRequests();
    await pass(60);
    sockets[0]?.end(4401, 'the token has ended');
    await pass(1);
    assert.equal(sockets.length, 2);
    assert.equal(surroundings.tokenRequests(), requests);
  });

  it('does not open for somebody who signs out in the meantime', async () => {
    answer = socket =>
      void surroundings.signOut().then(async () => {
        await settled();
        socket.begin();
      });
    await assert.rejects(opening(), { name: 'SignInDeclined' });
    assert.equal(sockets.length, 1);
    assert.equal(sockets[0]?.isOpen, false);
    assert.equal(standIn.editor.dialogs.length, 1);
  });

  it('ends once, though the sign-out comes while the connection is replaced', async () => {
    const open = await connect();
    answer = () => undefined;
    await surroundings.renewal();
    await until(() => sockets.length === 2);
    await surroundings.signOut();
    await until(() => ends.length === 1);
    assert.throws(() => open.send('x'), /no connection/);
    sockets[1]?.begin();
    await settled();
    await pass(100);
    assert.deepEqual(
      sockets.map(({ isOpen }) => isOpen),
      [false, false],
    );
    assert.deepEqual(ends, [{ kind: 'signed-out', code: 1000, reason: 'signed out' }]);
  });

  it('ends with the sign-out while it waits to try again', async () => {
    await connect();
    sockets[0]?.end(1006);
    await surroundings.signOut();
    await until(() => ends.length === 1);
    await pass(100);
    assert.deepEqual(ends, [{ kind: 'signed-out', code: 1000, reason: 'signed out' }]);
    assert.equal(sockets.length, 1);
  });

  it('keeps the new connection if the old one is lost while it is replaced', async () => {
    await connect();
    answer = () => undefined;
    await surroundings.renewal();
    await until(() => sockets.length === 2);
    sockets[0]?.end(1006);
    await settled();
    sockets[1]?.begin();
    await settled();
    await pass(100);
    assert.equal(sockets.length, 2);
    assert.equal(sockets[1]?.isOpen, true);
  });

  it('changes over to a token that came while it was opened', async () => {
    answer = () => undefined;
    const opened = connect();
    await until(() => sockets.length === 1);
    const first = sockets[0];
    await surroundings.renewal();
    await settled();
    answer = socket => socket.begin();
    first?.begin();
    await opened;
    await until(() => sockets.length === 2);
    await settled();
    assert.equal(first?.isOpen, false);
    assert.equal(sockets[1]?.token, (await session()).accessToken);
    assert.equal(sockets[1]?.isOpen, true);
  });

  it('does not take a failure for a sign-out, and looks again later', async () => {
    await connect();
    const failing = editorAnswers(() => Promise.reject(new Error('offline')));
    await sessionsChange();
    assert.deepEqual(ends, []);
    assert.equal(sockets[0]?.isOpen, true);
    failing.mock.restore();
    const gone = editorAnswers(() => Promise.resolve(undefined));
    await pass(30);
    assert.deepEqual(ends, [{ kind: 'permission', code: 1000, reason: 'signed out' }]);
    gone.mock.restore();
  });

  it('does not go on in the name of an account that has signed out where another one is left', async () => {
    await connect();
    const known = await session();
    answer = () => undefined;
    editorAnswers(() =>
      Promise.resolve({ ...known, accessToken: 'of bob', account: { id: 'bob', label: 'bob' } }),
    );
    await sessionsChange();
    assert.equal(sockets[0]?.isOpen, false, 'whether the other connection opens or not');
    sockets[1]?.begin();
    await settled();
    assert.deepEqual(tokens(), [known.accessToken, 'of bob']);
    assert.deepEqual(ends, []);
  });

  it('asks for a token before it ends that nobody else has renewed, and changes over', async () => {
    const receivedAt = Date.now() / 1000;
    const times = { receivedAt, expiresAt: receivedAt + 1000, refreshAt: receivedAt + 920 };
    const describeSession = () => Promise.resolve(times);
    const describing = { version: 1, describe: describeSession };
    standIn.editor.exported = { 'vscode-oidc.oidc-authentication': describing };
    await connect();
    const known = await session();
    let asked = 0;
    let token = known.accessToken;
    editorAnswers(() => {
      asked++;
      return Promise.resolve({ ...known, accessToken: token });
    });
    await pass(919);
    assert.equal(asked, 0);
    await pass(1);
    assert.equal(asked, 1);
    await pass(40);
    assert.equal(asked, 2, 'and again, should the renewal have failed');
    token = 'derived anew';
    await sessionsChange();
    assert.deepEqual(tokens(), [known.accessToken, 'derived anew']);
    connection?.dispose();
    const before = asked;
    await pass(1000);
    assert.equal(asked, before, 'not after its end');
  });

  it('asks when half of the time is over where the extension does not say when it renews', async () => {
    const receivedAt = Date.now() / 1000;
    const describe = () => Promise.resolve({ receivedAt, expiresAt: receivedAt + 1000 });
    standIn.editor.exported = { 'vscode-oidc.oidc-authentication': { version: 1, describe } };
    await connect();
    const known = await session();
    let asked = 0;
    editorAnswers(() => {
      asked++;
      return Promise.resolve(known);
    });
    await pass(499);
    assert.equal(asked, 0);
    await pass(1);
    assert.equal(asked, 1);
  });

  it('has a narrowed token renewed in time', async () => {
    await surroundings.register({ narrowTokens: true });
    const narrow = ['profile'];
    await client.requireSession('oidc', [...scopes, 'api:write']);
    const { createExports } = await import('../../../src/authentication/exports.ts');
    const exported = createExports(surroundings.exportsContext());
    standIn.editor.exported = { 'vscode-oidc.oidc-authentication': exported };
    const minutes = async (count: number): Promise<void> => {
      await surroundings.clock.advance(count * 60_000);
      await pass(count * 60);
    };
    // Unlike the token that it is derived from, it has most of its time left when that is renewed.
    await minutes(20);
    await connect({}, narrow);
    const before = surroundings.clock.now();
    await surroundings.renewal();
    await pass((surroundings.clock.now() - before) / 1000);
    await minutes(15);
    assert.equal(sockets.length, 1);
    await minutes(7);
    await until(() => sockets.length === 2);
    assert.notEqual(sockets[1]?.token, sockets[0]?.token);
  });

  it('asks before the token ends in another extension host, where the session says when', async () => {
    const known = { ...(await session()), expiresAt: Date.now() / 1000 + 1000 };
    let asked = -1;
    editorAnswers(() => {
      asked++;
      return Promise.resolve(known);
    });
    await connect();
    // The time until here counts, too.
    await pass(490);
    assert.equal(asked, 0);
    await pass(20);
    assert.equal(asked, 1);
  });

  it('asks for nothing where nobody knows when the token ends', async () => {
    const { expiresAt: _, ...known }: Client.ExpiringSession = await session();
    const answering = editorAnswers(() => Promise.resolve(known));
    await connect();
    answering.mock.restore();
    const asking = editorAnswers(() => Promise.resolve(undefined));
    await pass(1_000_000);
    assert.equal(asking.mock.callCount(), 0);
  });
});
