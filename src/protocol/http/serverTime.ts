import { clockTolerance, secondsNow, type Clock } from '../../platform/clock.ts';

/**
 * The largest plausible difference between a server's clock and ours, in seconds: a day covers a wrong time zone, and
 * a virtual machine resumed after a night. Beyond it, the server's certificate couldn't be trusted either.
 */
export const farthestClock = 86_400;

/**
 * Returns how far a server's clock is ahead of ours, in seconds, by the `Date` of its response (RFC 9110 section
 * 6.6.1), or 0 for a difference that doesn't matter.
 *
 * Call it with the response whose times are judged, as it arrives. It came from the server itself over TLS: an
 * attacker who can set its `Date` can also sign tokens for any time. It extends nothing, because lifetimes count from
 * the arrival.
 *
 * @returns undefined if the server doesn't say, or can't be right.
 */
export function clockOffset({ headers }: Response, clock: Clock): number | undefined {
  const offset = Math.round(Date.parse(headers.get('date') ?? '') / 1000) - secondsNow(clock);
  if (Math.abs(offset) <= clockTolerance) return 0;
  return Math.abs(offset) <= farthestClock ? offset : undefined;
}

/**
 * `Retry-After` in seconds from now, up to an hour (RFC 9110 section 10.2.3). A time of day is that of the server's own
 * clock: what counts is how long after its `Date` it is, unless that can't be right.
 */
export function retryAfterSeconds(response: Response, clock: Clock): number | undefined {
  const text = response.headers.get('retry-after')?.trim() ?? '';
  const time = httpTime(text);
  const isBelieved = clockOffset(response, clock) !== undefined;
  const now = isBelieved ? Date.parse(response.headers.get('date') ?? '') : clock.now();
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Math.ceil((time - now) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(0, seconds), longestRetryAfter);
}

const longestRetryAfter = 3600;

/**
 * A time in one of the forms that HTTP has (RFC 9110 section 5.6.7), in milliseconds since the epoch, otherwise `NaN`.
 */
function httpTime(text: string): number {
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? /.test(text)) return NaN;
  // The form of asctime names no time zone.
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}

/** True if these claims of a JWT (RFC 7519 section 4.1) hold at a time in seconds since the epoch. */
const holdAt = ({ iat, nbf, exp }: Readonly<Record<string, unknown>>, now: number): boolean =>
  [iat, nbf].every(time => typeof time !== 'number' || time <= now + clockTolerance) &&
  (typeof exp !== 'number' || exp > now - clockTolerance);

/**
 * Returns how far the clock for judging a JWT is ahead of ours, in seconds. It is the server's clock if that differs,
 * but ours if the token is only valid by ours: a proxy in front of the server might have set a wrong `Date`.
 *
 * @param offset of the response that contains it, see {@link clockOffset}.
 * @param claims not verified yet.
 */
export function clockFor(
  offset: number | undefined,
  claims: Readonly<Record<string, unknown>>,
  clock: Clock,
): number {
  if (offset === undefined) return 0;
  const now = secondsNow(clock);
  return !holdAt(claims, now + offset) && holdAt(claims, now) ? 0 : offset;
}
