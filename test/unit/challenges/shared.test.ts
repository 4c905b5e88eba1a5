import assert from 'node:assert/strict';
import { shareOutcome } from '../../../src/challenges/shared.ts';

describe('the outcome of equal questions', () => {
  const begin = () => {
    const state = { now: 0, runs: 0 };
    const share = shareOutcome<string>(0.25, () => state.now);
    const ask = (key = 'a', end: Promise<string> = Promise.resolve('done')) =>
      share(key, () => {
        state.runs++;
        return end;
      });
    return { state, ask };
  };

  it('is one for all who ask meanwhile, good or bad', async () => {
    const { state, ask } = begin();
    const { promise, reject } = Promise.withResolvers<string>();
    const both = Promise.allSettled([ask('a', promise), ask('a')]);
    state.now = 1000;
    reject(new Error('no'));
    assert.deepEqual(
      (await both).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(state.runs, 1);
  });

  it('is given to who waited in the queue, and not to who comes later', async () => {
    const { state, ask } = begin();
    await ask();
    state.now = 0.2;
    await ask();
    assert.equal(state.runs, 1);
    state.now = 0.25;
    await ask();
    assert.equal(state.runs, 2);
    state.now = -3600;
    await ask();
    assert.equal(state.runs, 3, 'after the clock was set back');
  });

  it('is another one for another question', async () => {
    const { state, ask } = begin();
    await Promise.all([ask('a'), ask('b')]);
    assert.equal(state.runs, 2);
  });
});
