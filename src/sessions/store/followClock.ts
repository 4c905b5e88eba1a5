import { watchSetBacks, type Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { earlier } from '../grant/fate.ts';
import type { Grant } from '../grant/grant.ts';

/** Makes a function look at the clock first. */
export type FollowClock = <A extends unknown[], T>(run: (...args: A) => T) => (...args: A) => T;

/**
 * Moves the times of all tokens with a clock that was set back since it was last looked at. Other windows do the same,
 * to the same revision. Look before adopting what they report: its times are those of the new clock.
 */
export function createClockFollower(
  clock: Clock,
  log: Log,
  known: ReadonlyMap<string, Grant>,
  put: (grant: Grant) => Promise<unknown>,
): FollowClock {
  const setBack = watchSetBacks(clock);
  const follow = (): void => {
    const seconds = setBack();
    if (seconds === 0) return;
    log.info('the clock was set back', { seconds });
    for (const grant of [...known.values()])
      void put({ ...earlier(grant, seconds), revision: grant.revision + 1 });
  };
  return run =>
    (...args) => {
      follow();
      return run(...args);
    };
}
