import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { mostConnections, patience, type Handle } from '../../../terminals/src/agent/connections.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { ask, client, openAgent, success, token, type OpenAgent } from './openAgent.ts';

const request = { request: 'access_token', account: 'company' };

describe('clients of the agent that wait', () => {
  let open: OpenAgent;
  let decide: () => void;
  let aborted: number;
  afterEach(() => open?.close());

  /** Waits until {@link decide} is called, as for a user. */
  const slow = (): Handle => {
    const { promise, resolve } = Promise.withResolvers<void>();
    [decide, aborted] = [resolve, 0];
    return async (_, hungUp) => {
      hungUp.addEventListener('abort', () => (aborted += 1));
      await promise;
      return success;
    };
  };
  const asked = (count: number): Promise<unknown> =>
    waitFor('the requests', () => Promise.resolve(open.asked.length === count));

  it('wait as long as a user takes, and no one else has that long', async () => {
    open = await openAgent(slow());
    const asking = ask(open.agent.path, request);
    await asked(1);
    await open.clock.advance(patience * 100);
    decide();
    assert.equal((await asking)['access_token'], token);
    assert.ok(patience <= 30_000);
  });

  it('are not dropped for others that only connect', async () => {
    open = await openAgent(slow());
    const asking = ask(open.agent.path, request);
    await asked(1);
    const others = Array.from({ length: mostConnections * 2 }, () => client(open.agent.path));
    await Promise.all(
      others.map(
        ({ socket }) => new Promise(resolve => socket.once('connect', resolve).once('close', resolve)),
      ),
    );
    // The last of them has been taken in when it has its answer.
    const last = ask(open.agent.path, { request: 'loaded_accounts' });
    await asked(2);
    decide();
    assert.equal((await asking)['access_token'], token);
    await last;
    for (const { socket } of others) socket.destroy();
  });

  it('are refused beyond a number, and those before them are served', async () => {
    open = await openAgent(slow());
    const waiting = Array.from({ length: mostConnections }, () => client(open.agent.path));
    for (const { socket } of waiting) socket.write(JSON.stringify(request));
    await asked(mostConnections);
    const beyond = client(open.agent.path);
    beyond.socket.write(JSON.stringify(request));
    assert.equal(await beyond.received, '');
    assert.equal(open.asked.length, mostConnections);
    decide();
    for (const { received } of waiting) assert.match(await received, new RegExp(token));
  });

  it('hear at once that the window has been closed, and their questions are taken back', async () => {
    open = await openAgent(slow());
    const some = [client(open.agent.path), client(open.agent.path)];
    for (const { socket } of some) socket.write(JSON.stringify(request));
    await asked(2);
    await open.agent.close();
    for (const { received } of some) assert.equal(await received, '');
    assert.equal(aborted, 2);
    decide();
  });

  it('are let go when they have their answer and stay', async () => {
    open = await openAgent();
    const socket = connect({ path: open.agent.path, allowHalfOpen: true });
    const ended = new Promise(resolve => socket.resume().once('end', resolve));
    socket.write(JSON.stringify(request));
    await ended;
    const before = open.clock.pending;
    await open.clock.advance(patience);
    assert.equal(open.clock.pending, before - 1);
    const lost = new Promise<NodeJS.ErrnoException>(resolve => socket.once('error', resolve));
    await waitFor('the other end to be gone', () => {
      if (!socket.destroyed) socket.write(' ');
      return Promise.resolve(socket.destroyed);
    });
    assert.equal((await lost).code, 'EPIPE');
  });
});
