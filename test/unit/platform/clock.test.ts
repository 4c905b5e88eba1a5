import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { promisify } from 'node:util';
import { wait } from '../../../src/platform/abort.ts';
import { secondsNow, systemClock } from '../../../src/platform/clock.ts';
import { manualClock } from '../../standIns/manualClock.ts';

const month = 31 * 24 * 3600 * 1000;
const reason = new Error('enough');

describe('the clock of the system', () => {
  it('tells the time in milliseconds', () => {
    const before = Date.now();
    const now = systemClock.now();
    assert.ok(before <= now && now <= Date.now());
  });

  it('runs what is due, in its order', async () => {
    const ran: string[] = [];
    await new Promise<void>(resolve => {
      systemClock.after(20, () => {
        ran.push('later');
        resolve();
      });
      systemClock.after(1, () => ran.push('soon'));
      systemClock.after(-5, () => ran.push('overdue'));
      // An unref'd timer alone would let the process end.
      const keep = setInterval(() => undefined, 1000);
      systemClock.after(20, () => clearInterval(keep));
    });
    assert.deepEqual(ran.sort(), ['later', 'overdue', 'soon']);
    assert.equal(ran.length, 3);
  });

  it('does not run what was cancelled, however often', async () => {
    let ran = 0;
    const cancel = systemClock.after(1, () => ran++);
    cancel();
    cancel();
    await new Promise(resolve => setTimeout(resolve, 20));
    assert.equal(ran, 0);
  });

  it('does not take a wait of a month for none, as timers do', async () => {
    let ran = 0;
    const cancel = systemClock.after(month, () => ran++);
    await new Promise(resolve => setTimeout(resolve, 20));
    assert.equal(ran, 0);
    cancel();
  });

  it('keeps no process alive', async () => {
    const clock = new URL('../../../src/platform/clock.ts', import.meta.url);
    const program = `import { systemClock } from ${JSON.stringify(clock.href)}; systemClock.after(${month}, () => {}); console.log('ended');`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      program,
    ]);
    assert.equal(stdout, 'ended\n');
  });
});

describe('waiting for a time', () => {
  it('takes as long as it is told', async () => {
    const clock = manualClock();
    let over = false;
    const waiting = wait(clock, 1000, new AbortController().signal).then(() => (over = true));
    await clock.advance(999);
    assert.equal(over, false);
    await clock.advance(1);
    await waiting;
    assert.equal(clock.pending, 0);
  });

  it('ends with the signal, and leaves no timer and no listener', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const waiting = wait(clock, 1000, controller.signal);
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    assert.equal(clock.pending, 0);

    await assert.rejects(wait(clock, 1000, controller.signal), reason);
    assert.equal(clock.pending, 0);

    const { signal } = new AbortController();
    const second = wait(clock, 1000, signal);
    await clock.advance(1000);
    await second;
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  it('counts in whole seconds where tokens do', () => {
    assert.equal(secondsNow({ ...systemClock, now: () => 1999 }), 1);
    assert.equal(secondsNow({ ...systemClock, now: () => 2000 }), 2);
  });
});
