import assert from 'node:assert/strict';
import { createQueue } from '../../../src/platform/queue.ts';

describe('a queue', () => {
  it('runs one task after the other, and gives each its own result', async () => {
    const queue = createQueue();
    const ran: string[] = [];
    const first = Promise.withResolvers<number>();
    const results = Promise.all([
      queue(() => (ran.push('first'), first.promise)),
      queue(() => Promise.resolve(ran.push('second'))),
    ]);
    await new Promise(resolve => setImmediate(resolve));
    assert.deepEqual(ran, ['first']);
    first.resolve(7);
    assert.deepEqual(await results, [7, 2]);
    assert.deepEqual(ran, ['first', 'second']);
  });

  it('goes on after a task that fails, and tells only whoever asked for it', async () => {
    const queue = createQueue();
    const reason = new Error('no');
    const failing = queue(() => Promise.reject(reason));
    const next = queue(() => Promise.resolve('done'));
    await assert.rejects(failing, reason);
    assert.equal(await next, 'done');
  });
});
