/** Cancels the operation that returned it. Repeated calls do nothing. */
export type Cancel = () => void;

/** The time, passed in to everything that depends on it, so tests control it. */
export interface Clock {
  /** The time now, in milliseconds since the epoch. */
  now(): number;
  /** The time since some moment, in milliseconds. Setting the clock doesn't change it, and it can stop during sleep. */
  elapsed?(): number;
  /**
   * Runs `run` once, `milliseconds` from now. A pending timer never keeps the process alive.
   */
  after(milliseconds: number, run: () => void): Cancel;
}

/** Node and browsers fire a longer timer at once, so a long wait is made of waits of this length. */
const longestTimer = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(milliseconds, run) {
    let timer: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      const step = Math.min(left, longestTimer);
      timer = setTimeout(() => (left > step ? wait(left - step) : run()), step);
      // A browser's timer is a number and has no unref.
      if (typeof timer === 'object') timer.unref();
    };
    wait(Math.max(0, milliseconds));
    return () => {
      // Until it has passed, Node keeps a list for each duration of an unreferenced timer. Refreshes would accumulate
      // them, each with its own duration.
      if (typeof timer === 'object') timer.ref();
      clearTimeout(timer);
    };
  },
};

/** The time now in seconds since the epoch, as tokens express it. */
export const secondsNow = (clock: Clock): number => Math.floor(clock.now() / 1000);

/** By how much our clock and a server's can differ before it matters, in seconds. */
export const clockTolerance = 60;

/** By how much the clock can be set back before it matters, in seconds. */
export const setBackTolerance = 10;

/**
 * Returns a function for how far the clock was set back since its last call, in whole seconds, or 0 within
 * {@link setBackTolerance}. While the computer sleeps, nothing measures that.
 *
 * Called often, it compares the two times once a second: a clock set back to within the second after that is noticed
 * when that second is over.
 */
export function watchSetBacks({ now, elapsed }: Clock): () => number {
  if (!elapsed) return () => 0;
  let compared = now();
  let last = compared - elapsed();
  return () => {
    const at = now();
    if (at >= compared && at < compared + 1000) return 0;
    compared = at;
    const current = at - elapsed();
    const seconds = Math.round((last - current) / 1000);
    const isBack = seconds >= setBackTolerance;
    if (isBack || current > last) last = current;
    return isBack ? seconds : 0;
  };
}

/**
 * True less than a duration after `at`, all in the same unit. A clock that was set back since says nothing of how long
 * ago that was: then false.
 */
export const isWithin = (duration: number, at: number, now: number): boolean =>
  now >= at && now < at + duration;
