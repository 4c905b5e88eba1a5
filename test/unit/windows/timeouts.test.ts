import assert from 'node:assert/strict';
import type { Clock } from '../../../src/platform/clock.ts';
import { afterListening, rarely, watchPeer } from '../../../src/windows/timeouts.ts';
import { recordedLog } from '../../windows/surroundings.ts';

/** Time that passes when the test says so. */
function manualClock(): Clock & { pass(milliseconds: number): void; pending(): number } {
  const timers = new Map<object, { at: number; run: () => void }>();
  let now = 0;
  return {
    now: () => now,
    after(milliseconds, run) {
      const timer = {};
      timers.set(timer, { at: now + milliseconds, run });
      return () => void timers.delete(timer);
    },
    pending: () => timers.size,
    pass(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const [next] = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].run();
      }
      now = end;
    },
  };
}

describe('timeouts', () => {
  it('ends after the whole time', () => {
    const clock = manualClock();
    let expired = 0;
    afterListening(clock, 3000, () => expired++);
    clock.pass(2999);
    assert.equal(expired, 0);
    clock.pass(1);
    assert.equal(expired, 1);
    assert.equal(clock.pending(), 0);
  });

  it('can be called off at any time', () => {
    for (const passed of [0, 1000, 2999]) {
      const clock = manualClock();
      const cancel = afterListening(clock, 3000, () => assert.fail());
      clock.pass(passed);
      cancel();
      clock.pass(9000);
    }
  });

  it('does not count the time in which this process could not listen', () => {
    const due: (() => void)[] = [];
    // Timers as they are after a sleep: what is due runs once, however late it is.
    const clock: Clock = { now: () => 0, after: (_, run) => (due.push(run), () => undefined) };
    let expired = 0;
    afterListening(clock, 3000, () => expired++);
    due.shift()?.();
    due.shift()?.();
    assert.equal(expired, 0);
    due.shift()?.();
    assert.equal(expired, 1);
  });
});

describe('a watched peer', () => {
  function watched() {
    const clock = manualClock();
    const seen = { pings: 0, silent: 0, outstanding: false };
    const watch = watchPeer({
      clock,
      unresponsiveAfter: 3000,
      heartbeat: 30_000,
      outstanding: () => seen.outstanding,
      ping: () => seen.pings++,
      silent: () => seen.silent++,
    });
    return { clock, seen, watch };
  }

  it('is left in peace while nothing is asked', () => {
    const { clock, seen, watch } = watched();
    clock.pass(29_999);
    assert.equal(seen.pings, 0);
    clock.pass(1);
    assert.equal(seen.pings, 1);
    watch.heard();
    clock.pass(29_999);
    assert.deepEqual(seen, { pings: 1, silent: 0, outstanding: false });
  });

  it('is not pinged for calls that are answered quickly', () => {
    const { clock, seen, watch } = watched();
    for (let i = 0; i < 20; i++) {
      seen.outstanding = true;
      watch.called();
      clock.pass(10);
      watch.heard();
      seen.outstanding = false;
      clock.pass(990);
    }
    assert.equal(seen.pings, 0);
  });

  it('may take as long as it likes for a call while it answers pings', () => {
    const { clock, seen, watch } = watched();
    seen.outstanding = true;
    watch.called();
    for (let i = 0; i < 60; i++) {
      clock.pass(1000);
      watch.heard();
    }
    assert.deepEqual(seen, { pings: 60, silent: 0, outstanding: true });
  });

  it('is found silent in time with a call outstanding, and at the heartbeat without', () => {
    const { clock, seen, watch } = watched();
    seen.outstanding = true;
    watch.called();
    clock.pass(3999);
    assert.equal(seen.silent, 0);
    clock.pass(1);
    assert.deepEqual(seen, { pings: 1, silent: 1, outstanding: true });

    const idle = watched();
    idle.clock.pass(32_999);
    assert.equal(idle.seen.silent, 0);
    idle.clock.pass(1);
    assert.equal(idle.seen.silent, 1);
  });

  it('is forgotten when the watch stops, whatever is pending', () => {
    for (const passed of [0, 500, 1500]) {
      const { clock, seen, watch } = watched();
      seen.outstanding = true;
      watch.called();
      clock.pass(passed);
      watch.stop();
      watch.heard();
      watch.called();
      assert.equal(clock.pending(), 0);
      clock.pass(100_000);
      assert.equal(seen.silent, 0);
    }
  });
});

describe('a warning that others can cause', () => {
  it('is given once a minute, and counted', () => {
    const clock = manualClock();
    const log = recordedLog();
    const warn = rarely(clock, log);
    for (let i = 0; i < 1000; i++) warn('dropped', 'a');
    warn('dropped', 'b');
    const fields = () => log.lines.map(line => line.fields);
    assert.deepEqual(fields(), [{ reason: 'a' }, { reason: 'b' }]);
    clock.pass(60_000);
    assert.deepEqual(fields().slice(2), [{ reason: 'a', repeated: 999 }]);
    warn('dropped', 'a');
    assert.equal(log.lines.length, 4);
  });
});
