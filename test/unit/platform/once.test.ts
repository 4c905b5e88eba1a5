import assert from 'node:assert/strict';
import { once } from '../../../src/platform/once.ts';

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
