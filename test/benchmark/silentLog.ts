import type { Log } from '../../src/platform/log.ts';

/** A log that keeps nothing, so that what grows is not the log. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
