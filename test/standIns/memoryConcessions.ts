import { systemClock, type Clock } from '../../src/platform/clock.ts';
import type { Log } from '../../src/platform/log.ts';
import { createConcessions, type Concessions } from '../../src/signIn/client/concessions.ts';
import { recordingLog } from './recordingLog.ts';

/** What is gone without, kept for as long as `values`. */
export function memoryConcessions(
  values = new Map<string, unknown>(),
  clock: Clock = systemClock,
  log: Log = recordingLog(),
): Concessions {
  const memory = {
    get: (key: string) => values.get(key),
    set(key: string, value: unknown) {
      if (value === undefined) values.delete(key);
      else values.set(key, value);
    },
  };
  return createConcessions(memory, clock, log);
}
