import type { SessionInfo } from './sessionInfo.ts';

/** A timer that runs once at a time: starting it again stops it first. */
export interface Timer {
  start(milliseconds: number, run: () => void): void;
  stop(): void;
}

export function createTimer(): Timer {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    start(milliseconds, run) {
      clearTimeout(timer);
      timer = setTimeout(run, milliseconds);
    },
    stop: () => clearTimeout(timer),
  };
}

/** Timers know no longer time than this, in milliseconds. */
const longest = 2 ** 31 - 1;

/** True if something lasts this many seconds more. @param end in seconds since the epoch. Undefined: never. */
export const lasts = (end: number | undefined, seconds: number): boolean =>
  end === undefined || end > Date.now() / 1000 + seconds;

/**
 * The wait before a token is requested, so it is refreshed in time: until the refresh is due, and after a failure, half of
 * what is left.
 *
 * @returns milliseconds. Undefined if the token has expired or never expires.
 */
export function untilRenewal({
  refreshAt = 0,
  expiresAt,
}: Partial<Pick<SessionInfo, 'refreshAt' | 'expiresAt'>>): number | undefined {
  if (expiresAt === undefined) return undefined;
  const now = Date.now() / 1000;
  const left = expiresAt - now;
  return left > 0 ? Math.min(longest, Math.max(refreshAt - now, left / 2, 1) * 1000) : undefined;
}
