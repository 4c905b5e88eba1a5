import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { askUpstream, upstreamPath, upstreamPatience } from '../../../terminals/src/agent/upstream.ts';
import { temporaryFolder, type TemporaryFolder } from '../../editor/process/temporaryFolder.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { openAgent } from './openAgent.ts';

const never = new AbortController().signal;

describe('a user’s own agent', () => {
  let folder: TemporaryFolder;
  let server: Server | undefined;
  let received: Promise<unknown>;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    folder = await temporaryFolder('upstream');
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise(resolve => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
    await folder.remove();
  });

  async function listen(answer: (socket: Socket) => void): Promise<string> {
    const path = join(folder.path, 's');
    const { promise, resolve } = Promise.withResolvers<void>();
    received = promise;
    server = createServer(socket => {
      sockets.push(socket.on('error', () => undefined));
      socket.once('data', () => {
        answer(socket);
        resolve();
      });
    });
    await new Promise<void>(done => server?.listen(path, done));
    return path;
  }
  const ask = (path: string, clock = manualClock()) => askUpstream(path, { request: 'check' }, clock, never);

  it('is what OIDC_SOCK named, unless that is one of ours', async () => {
    const own = '/run/user/1000/oidc-agent/oidc-agent.1';
    assert.equal(upstreamPath({ OIDC_SOCK: own }), own);
    const open = await openAgent();
    for (const path of [undefined, '', open.agent.path, '\\\\.\\pipe\\vo-abcdefghijklmnop-0'])
      assert.equal(upstreamPath({ OIDC_SOCK: path }), undefined);
    await open.close();
  });

  it('has two minutes to respond, since it can ask the user', async () => {
    const path = await listen(() => undefined);
    const clock = manualClock();
    let isOver = false;
    const asking = ask(path, clock).then(response => {
      isOver = true;
      return response;
    });
    await received;
    await clock.advance(upstreamPatience * 1000 - 1);
    assert.equal(isOver, false);
    await clock.advance(1);
    assert.equal(await asking, undefined);
    assert.equal(upstreamPatience, 120);
  });

  it('is not listened to without end', async () => {
    const piece = 'x'.repeat(60_000);
    let sent = 0;
    const path = await listen(socket => {
      const more = (): void => {
        sent += piece.length;
        if (!socket.destroyed) socket.write(piece, error => !error && more());
      };
      more();
    });
    assert.equal(await ask(path), undefined);
    assert.ok(sent < 10_000_000);
  });

  it('gives an answer, or none', async () => {
    for (const [text, status] of [
      ['{"status":"success","access_token":"t"}\0', 'success'],
      ['{"status":"failure","error":"No"}', 'failure'],
      ['{"status":"accepted","info":"later"}', 'accepted'],
      ['{"status":"success","info":"two\n\tlines"}', 'success'],
      ['{"status":"failure"}', undefined],
      ['{"info":"no status"}', undefined],
      ['null', undefined],
      ['', undefined],
    ] as const) {
      const path = await listen(socket => socket.end(text));
      assert.equal((await ask(path))?.status, status, text);
      await new Promise(resolve => server?.close(resolve));
    }
    assert.equal(await ask(join(folder.path, 'none')), undefined);
    await settled();
  });
});
