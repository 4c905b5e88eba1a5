import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { eventually, timeout, waitFor } from '../../editor/workbench/waiting.ts';

/** Lets what can go on now do so, then moves the clock on, until the promise has settled. */
async function inNoTime<T>(promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = promise.finally(() => (settled = true));
  done.catch(() => undefined);
  for (let moved = 0; !settled && moved <= 5 * timeout; moved += 100) {
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    mock.timers.tick(100);
  }
  assert.ok(settled, 'it waits for ever');
  return done;
}

describe('waiting for what a window shows', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'] }));
  afterEach(() => mock.timers.reset());

  it('ends with what was found', async () => {
    let looks = 0;
    assert.equal(
      await inNoTime(waitFor('it', () => Promise.resolve((looks += 1) === 3 && 'found'))),
      'found',
    );
  });

  it('says what is there instead when the time is over', async () => {
    const seen = inNoTime(
      waitFor(
        () => Promise.resolve('it; there is: something else'),
        () => Promise.resolve(false),
      ),
    );
    await assert.rejects(seen, /^Error: Waited 60 s in vain for it; there is: something else$/);
  });

  it('ends, and says what it looked for, also if nothing comes back', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    await assert.rejects(inNoTime(waitFor('it', never)), /^Error: Nothing comes back from looking for it$/);
    await assert.rejects(inNoTime(waitFor(never, never)), /Nothing comes back from looking for what can’t/);
  });

  it('makes an assertion until it holds', async () => {
    let is = 0;
    await inNoTime(eventually(() => assert.equal((is += 1), 3)));
    assert.equal(is, 3);
  });

  it('throws what the assertion throws at last, and anything else at once', async () => {
    await assert.rejects(inNoTime(eventually(() => assert.equal('this', 'that'))), assert.AssertionError);
    let looks = 0;
    const broken = inNoTime(
      eventually(() => {
        looks += 1;
        throw new TypeError('broken');
      }),
    );
    await assert.rejects(broken, TypeError);
    assert.equal(looks, 1);
  });
});
