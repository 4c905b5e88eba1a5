import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { untilDeadline, withDeadline } from '../../../src/platform/deadline.ts';
import { manualClock } from '../../standIns/manualClock.ts';

const tooLate = new Error('too late');
const canceled = new Error('canceled');

/** What runs as long as its signal lets it. */
const untilTold = (within: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    within.addEventListener('abort', () => reject(new Error('stopped', { cause: within.reason })));
  });

const forever = (): Promise<never> => new Promise(() => undefined);

for (const [name, run] of Object.entries({ withDeadline, untilDeadline })) {
  describe(name, () => {
    it('gives what comes in time, and leaves no timer', async () => {
      const clock = manualClock();
      const deadline = { clock, seconds: 5, late: () => tooLate };
      assert.equal(await run(deadline, () => Promise.resolve(7)), 7);
      await assert.rejects(
        run(deadline, () => Promise.reject(canceled)),
        canceled,
      );
      assert.equal(clock.pending, 0);
    });

    it('aborts its signal when the time is over, not before', async () => {
      const clock = manualClock();
      let signal: AbortSignal | undefined;
      const running = run({ clock, seconds: 5, late: () => tooLate }, within => {
        signal = within;
        return untilTold(within);
      });
      await clock.advance(4999);
      assert.equal(signal?.aborted, false);
      const ending = assert.rejects(running);
      await clock.advance(1);
      await ending;
      assert.equal(signal.reason, tooLate);
    });

    it('aborts its signal as that of the caller is, and leaves no timer', async () => {
      const clock = manualClock();
      const caller = new AbortController();
      let signal: AbortSignal | undefined;
      const running = run({ clock, seconds: 5, late: () => tooLate, signal: caller.signal }, within => {
        signal = within;
        return untilTold(within);
      });
      const ending = assert.rejects(running);
      caller.abort(canceled);
      await ending;
      assert.equal(signal?.reason, canceled);
      assert.equal(clock.pending, 0);
    });

    it('listens to the signal of the caller only as long as it runs', async () => {
      const { signal } = new AbortController();
      const deadline = { clock: manualClock(), seconds: 5, late: () => tooLate, signal };
      const listeners = (): number => getEventListeners(signal, 'abort').length;
      assert.equal(await run(deadline, () => Promise.resolve(listeners())), 1);
      await assert.rejects(
        run(deadline, () => Promise.reject(canceled)),
        canceled,
      );
      assert.equal(listeners(), 0);
    });

    it('begins with an aborted signal if that of the caller is', async () => {
      const deadline = { clock: manualClock(), seconds: 5, late: () => tooLate };
      const seen: unknown[] = [];
      const look = (within: AbortSignal): Promise<void> => {
        seen.push(within.reason);
        return Promise.resolve();
      };
      await run({ ...deadline, signal: AbortSignal.abort(canceled) }, look).catch(() => undefined);
      assert.deepEqual(seen, [canceled]);
    });
  });
}

describe('a deadline', () => {
  it('is waited for with what does not heed it, or is not', async () => {
    const clock = manualClock();
    const deadline = { clock, seconds: 5, late: () => tooLate };
    let ended = false;
    void withDeadline(deadline, forever).finally(() => (ended = true));
    const ending = assert.rejects(untilDeadline(deadline, forever), tooLate);
    await clock.advance(5000);
    await ending;
    assert.equal(ended, false);
  });

  it('throws what it was aborted with, whatever the run throws then', async () => {
    const clock = manualClock();
    const deadline = { clock, seconds: 5, late: () => tooLate };
    const first = assert.rejects(withDeadline(deadline, untilTold), /stopped/);
    const second = assert.rejects(untilDeadline(deadline, untilTold), tooLate);
    await clock.advance(5000);
    await Promise.all([first, second]);
    const caller = { ...deadline, signal: AbortSignal.abort(canceled) };
    await assert.rejects(untilDeadline(caller, forever), canceled);
  });
});
