import type { Clock } from '../../src/platform/clock.ts';
import { isInOtherThreads } from './otherThreads.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Lets time pass; timers that fall due run in their order, each at its own time. */
  advance(milliseconds: number): Promise<void>;
  /** Lets time pass as a sleeping computer does: timers that fell due run late, all at the end of it. */
  sleep(milliseconds: number): Promise<void>;
  /** Sets the clock forward or back, as a time server does: timers go by the time that really passes. */
  set(milliseconds: number): void;
  /** How many timers are pending. */
  readonly pending: number;
  /** When the next timer is due, in milliseconds since the epoch. */
  readonly next: number | undefined;
}

/** @param start in milliseconds since the epoch; by default the real time, which servers check tokens by. */
export function manualClock(start = Date.now()): ManualClock {
  let now = start;
  /** How far the clock was set, and how long the computer slept. */
  let apart = 0;
  const timers = new Set<{ at: number; run: () => void }>();
  const first = () => [...timers].sort((a, b) => a.at - b.at)[0];
  const runDue = async (until: number, timeOf: (at: number) => number): Promise<void> => {
    for (let timer = first(); timer && timer.at <= until; timer = first()) {
      timers.delete(timer);
      now = timeOf(timer.at);
      timer.run();
      await settled();
    }
  };
  return {
    now: () => now,
    elapsed: () => now - apart,
    after(milliseconds, run) {
      const timer = { at: now + milliseconds, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(milliseconds) {
      const until = now + milliseconds;
      await runDue(until, at => Math.max(now, at));
      now = until;
      await settled();
    },
    async sleep(milliseconds) {
      now += milliseconds;
      apart += milliseconds;
      await runDue(now, () => now);
    },
    set(milliseconds) {
      now += milliseconds;
      apart += milliseconds;
      for (const timer of timers) timer.at += milliseconds;
    },
    get pending() {
      return timers.size;
    },
    get next() {
      return first()?.at;
    },
  };
}

/** Lets everything that waits for nothing but other code, keys and files of this process come to rest. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise(resolve => setImmediate(resolve));
    if (isInOtherThreads()) turn = 0;
  }
}
