import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import {
  findPlace,
  isAlive,
  longestPath,
  surroundings,
  sweep,
  workspaceIdentity,
} from '../../../terminals/src/agent/place.ts';
import { checkPatience } from '../../../terminals/src/agent/upstream.ts';
import { mostConnections, patience, probeInterval } from '../../../terminals/src/agent/connections.ts';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { ask, askEncrypted, client, openAgent, ready, token, type OpenAgent } from './openAgent.ts';

const request = { request: 'access_token', account: 'company' };

describe('the agent on a real socket', () => {
  let open: OpenAgent;
  afterEach(() => open?.close());

  it('answers plain and encrypted requests, in the form in which they came', async () => {
    open = await openAgent();
    assert.equal((await ask(open.agent.path, request))['access_token'], token);
    assert.equal((await askEncrypted(open.agent.path, request)).response['access_token'], token);
    const named = { ...request, application_hint: 'für mich' };
    await askEncrypted(open.agent.path, named, { countCharacters: true });
    assert.deepEqual(open.asked.at(-1), named);
  });

  it('lies in a folder and a socket that nobody else can use', async function () {
    if (process.platform === 'win32') return;
    open = await openAgent();
    const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
    assert.equal(await mode(dirname(open.agent.path)), 0o700);
    assert.equal(await mode(open.agent.path), 0o600);
  });

  it('answers a client that has ended its half of the connection, and notices when it goes', async () => {
    let aborted = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    open = await openAgent(async (_, hungUp) => {
      hungUp.addEventListener('abort', () => (aborted += 1));
      await promise;
      return { status: 'success', access_token: token };
    });
    const half = client(open.agent.path);
    half.socket.end(JSON.stringify(request));
    const gone = client(open.agent.path);
    gone.socket.end(JSON.stringify(request));
    await waitFor('both requests', () => Promise.resolve(open.asked.length === 2));
    gone.socket.destroy();
    await waitFor('the one that went', async () => {
      await open.clock.advance(probeInterval);
      return aborted === 1;
    });
    resolve();
    assert.equal((JSON.parse(await half.received) as Record<string, unknown>)['access_token'], token);
  });

  it('notices when an encrypted client goes', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    open = await openAgent(async (_, hungUp) => {
      hungUp.addEventListener('abort', () => resolve());
      await gone;
      return { status: 'success' };
    });
    let socket: Socket | undefined;
    const asking = askEncrypted(open.agent.path, request, { sent: opened => (socket = opened) });
    asking.catch(() => undefined);
    await waitFor('the request', () => Promise.resolve(open.asked.length === 1));
    socket?.end();
    await gone;
    await assert.rejects(asking);
  });

  it('drops who says nothing, who floods it and who speaks something else', async () => {
    open = await openAgent();
    const silent = client(open.agent.path);
    await waitFor('a connection', () => Promise.resolve(silent.socket.readyState === 'open'));
    const other = client(open.agent.path);
    other.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    assert.equal(await other.received, '');
    const flood = client(open.agent.path);
    flood.socket.write(`{"request":"${'x'.repeat(1_000_000)}`);
    assert.equal(await flood.received, '');
    assert.equal((await ask(open.agent.path, request))['access_token'], token);
    await open.clock.advance(patience);
    assert.equal(await silent.received, '');
    assert.equal(open.asked.length, 1);
  });

  it('answers though thousands are connected that say nothing', async function () {
    this.timeout(120_000);
    open = await openAgent();
    const clients = [];
    for (let batch = 0; batch < 20; batch += 1) {
      const some = Array.from({ length: 100 }, () => client(open.agent.path));
      await Promise.all(
        some.map(
          ({ socket }) => new Promise(resolve => socket.once('connect', resolve).once('close', resolve)),
        ),
      );
      clients.push(...some);
      assert.equal((await ask(open.agent.path, request))['access_token'], token);
    }
    const left = clients.filter(({ socket }) => socket.readyState === 'open');
    assert.ok(left.length <= mostConnections, String(left.length));
    for (const { socket } of clients) socket.destroy();
  });

  it('refuses requests that are none, and says so', async () => {
    open = await openAgent();
    const errors = [
      [{ request: 7 }, /no request type/],
      [{}, /no request type/],
      [{ ...request, account: 7 }, /account/],
      [{ ...request, account: 'a\nb' }, /account/],
      [{ ...request, scope: 'a "b"' }, /scope/],
      [{ ...request, scope: Array.from({ length: 101 }, (_, at) => `s${at}`) }, /scope/],
      [{ ...request, min_valid_period: 'soon' }, /min_valid_period/],
      [{ ...request, application_hint: 'x'.repeat(3000) }, /application_hint/],
    ] as const;
    for (const [wrong, error] of errors) {
      const response = await ask(open.agent.path, wrong);
      assert.equal(response['status'], 'failure');
      assert.match(String(response['error']), error);
    }
    assert.deepEqual(open.asked, []);
  });

  it('says that it failed without saying more than its log', async () => {
    open = await openAgent(() => Promise.reject(new TypeError('secret')));
    const response = await ask(open.agent.path, request);
    assert.match(String(response['error']), /^The editor failed/);
    assert.ok(!open.log.text().includes('secret') && open.log.text().includes('TypeError'));
  });
});

describe('the sockets of the windows of one workspace', () => {
  let open: OpenAgent;
  afterEach(() => open?.close());

  it('are each their own', async () => {
    open = await openAgent();
    const second = await open.another();
    assert.notEqual(second.path, open.agent.path);
    for (const { path } of [open.agent, second])
      assert.equal((await ask(path, request))['access_token'], token);
  });

  it('are taken over where a window has gone, so terminals that were restored find their agent', async () => {
    open = await openAgent();
    const { path } = open.agent;
    const second = await open.another();
    await open.agent.close();
    assert.equal(await isAlive(path), false);
    // Nothing else has to happen.
    assert.notEqual(second.path, path);
    await waitFor('the agent of the other window', async () => {
      await open.clock.advance(500);
      return isAlive(path);
    });
    assert.equal((await ask(path, request))['access_token'], token);
  });

  it('are taken from an extension host whose window has gone, and from no other', async function () {
    if (process.platform === 'win32') return;
    let isThere = true;
    open = await openAgent(async (...asked) => (isThere ? ready(...asked) : new Promise(() => undefined)));
    const { path } = open.agent;
    const second = await open.another(() => Promise.resolve({ status: 'success', access_token: 'second' }));
    await second.takeOver();
    assert.equal((await ask(path, request))['access_token'], token);
    isThere = false;
    const count = open.asked.length;
    const taking = second.takeOver();
    await waitFor('the question', () => Promise.resolve(open.asked.length > count));
    assert.deepEqual(open.asked.at(-1), { request: 'check' });
    await open.clock.advance(checkPatience * 1000);
    await taking;
    assert.equal((await ask(path, request))['access_token'], 'second');

    // The window was only suspended. When the other one has closed, its terminals have their agent again.
    isThere = true;
    await open.agent.takeOver();
    assert.equal((await ask(path, request))['access_token'], 'second');
    await second.close();
    await open.agent.takeOver();
    assert.equal((await ask(path, request))['access_token'], token);
  });

  it('replace one that a crash has left', async function () {
    if (process.platform === 'win32') return;
    open = await openAgent();
    const { path } = open.agent;
    await open.agent.close();
    const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    await once(spawn(process.execPath, ['-e', program, path]), 'exit');
    assert.ok((await stat(path)).isSocket());
    const again = await open.another();
    assert.equal(again.path, path);
    assert.equal((await ask(path, request))['access_token'], token);
  });

  it('are not removed by a window whose place another one has taken', async function () {
    if (process.platform === 'win32') return;
    open = await openAgent();
    const { path } = open.agent;
    const other = createServer();
    await new Promise<void>(resolve => other.listen(`${path}.other`, resolve));
    const { rename } = await import('node:fs/promises');
    await rename(`${path}.other`, path);
    await open.agent.close();
    assert.equal(await isAlive(path), true);
    await new Promise(resolve => other.close(resolve));
  });
});

describe('the place of the sockets', function () {
  if (process.platform === 'win32') return;
  const identity = 'file:///home/me/a folder with "quotes"';

  it('is that of the workspace, also while another extension host has its storage', () => {
    const storage = (name: string): string =>
      `file:///home/me/User/workspaceStorage/${name}/vscode-oidc.terminals`;
    for (const name of ['2d68a1b1c6a1e2f7d9', '-52a1d3c7', '1764537600000', 'ext-dev', 'a b-c'])
      for (const attempt of ['', '-1', '-9'])
        assert.equal(workspaceIdentity(storage(name + attempt)), storage(name));
    assert.equal(workspaceIdentity(storage('-5')), storage('-5'));
  });

  it('is the same for the same workspace, another for another, and short', async () => {
    const folder = await temporaryFolder('vo');
    try {
      const around = { ...surroundings(), env: { XDG_RUNTIME_DIR: folder.path } };
      const [first, again, other] = await Promise.all(
        [identity, identity, `${identity}2`].map(async one => (await findPlace(one, around)).pathOf(0)),
      );
      assert.equal(first, again);
      assert.notEqual(first, other);
      assert.ok(first?.startsWith(folder.path));
      const long = { ...around, env: { XDG_RUNTIME_DIR: join(folder.path, 'x'.repeat(100)) } };
      assert.ok(Buffer.byteLength((await findPlace(identity, long)).pathOf(0)) <= longestPath);
    } finally {
      await folder.remove();
    }
  });

  it('is another where somebody else could look in, or has put a link', async () => {
    const folder = await temporaryFolder('vo');
    try {
      const around = { ...surroundings(), env: { XDG_RUNTIME_DIR: folder.path } };
      const path = dirname((await findPlace(identity, around)).pathOf(0));
      await chmod(path, 0o755);
      assert.ok(!(await findPlace(identity, around)).pathOf(0).startsWith(folder.path));
      await chmod(path, 0o700);
      const strangers = { ...around, uid: 4711 };
      const other = dirname((await findPlace(identity, strangers)).pathOf(0));
      assert.ok(!other.startsWith(folder.path));
      const linked = dirname((await findPlace('linked', around)).pathOf(0));
      const { rmdir } = await import('node:fs/promises');
      await rmdir(linked);
      await symlink(path, linked);
      assert.ok(!(await findPlace('linked', around)).pathOf(0).startsWith(folder.path));
    } finally {
      await folder.remove();
    }
  });

  it('is a named pipe on Windows', async () => {
    const around = { platform: 'win32', env: { USERNAME: 'me' }, uid: undefined } as const;
    assert.match((await findPlace(identity, around)).pathOf(3), /^\\\\\.\\pipe\\vo-[\w-]{16}-3$/);
  });

  it('is swept of what crashes have left, and of nothing else', async () => {
    const open = await openAgent();
    const make = async (name: string, mode: number, age: number): Promise<void> => {
      const path = join(open.base, name);
      await mkdir(path, { mode });
      await writeFile(join(path, 's0'), '');
      const then = new Date(Date.now() - age);
      await utimes(path, then, then);
    };
    const day = 24 * 60 * 60 * 1000;
    await make('vo-dead', 0o700, 2 * day);
    await make('vo-young', 0o700, day / 2);
    await make('vo-strange', 0o755, 2 * day);
    await make('other', 0o700, 2 * day);
    const live = dirname(open.agent.path);
    await utimes(live, new Date(0), new Date(0));
    await sweep({ ...surroundings(), env: { XDG_RUNTIME_DIR: open.base } }, Date.now());
    const left = (await readdir(open.base)).sort();
    assert.deepEqual(left, ['other', live.slice(open.base.length + 1), 'vo-strange', 'vo-young'].sort());
    await open.close();
  });
});
