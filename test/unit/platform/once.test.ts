import assert from 'node:assert/strict';
import { once, whileRunning } from '../../../src/platform/once.ts';

describe('what is done once', () => {
  it('is begun by the first who asks, and shared with all who follow', async () => {
    let runs = 0;
    const get = once(() => Promise.resolve({ run: ++runs }));
    assert.equal(runs, 0);
    const [first, second] = await Promise.all([get(), get()]);
    assert.equal(first, second);
    assert.equal(await get(), first);
    assert.equal(runs, 1);
  });

  it('is tried again after it has failed, by the next who asks', async () => {
    let runs = 0;
    const get = once(() => (++runs === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(runs)));
    await assert.rejects(get, /not yet/);
    assert.equal(await get(), 2);
  });
});

describe('what is done once at a time', () => {
  it('is shared by those who ask for the same meanwhile, and by nobody later', async () => {
    const run = whileRunning<number>();
    let runs = 0;
    const first = Promise.withResolvers<void>();
    const begin = () => first.promise.then(() => ++runs);
    const both = [run('a', begin), run('a', begin)];
    const other = run('b', () => Promise.resolve(7));
    assert.equal(await other, 7);
    first.resolve();
    assert.deepEqual(await Promise.all(both), [1, 1]);
    assert.equal(await run('a', begin), 2);
  });

  it('fails for all of them, and is begun again by the next', async () => {
    const run = whileRunning<number>();
    const both = [1, 2].map(() => run('a', () => Promise.reject(new Error('no'))));
    for (const one of both) await assert.rejects(one, /no/);
    assert.equal(await run('a', () => Promise.resolve(3)), 3);
  });
});
