import { secondsNow, type Clock } from '../../platform/clock.ts';

/**
 * How far a server's clock can be from ours and still be believed, in seconds: a day covers a wrong time zone, and a
 * virtual machine that was resumed after a night. Beyond it, the certificate of the server could not be trusted either.
 */
export const farthestClock = 86_400;

/** By how much our clock and a server's can differ before it matters, in seconds. */
export const clockTolerance = 60;

/**
 * How far the clock of a server is ahead of ours, in seconds, by the `Date` of its answer (RFC 9110 section 6.6.1); 0 for
 * a difference that does not matter.
 *
 * To be asked of the very answer whose times are judged, as it arrives. It came from the server itself by TLS: whoever
 * can set its `Date` can sign tokens for any time as well. Nothing lasts longer for it, as lifetimes are counted from the
 * arrival.
 *
 * @returns undefined if the server does not say, or cannot be right.
 */
export function clockOffset({ headers }: Response, clock: Clock): number | undefined {
  const offset = Math.round(Date.parse(headers.get('date') ?? '') / 1000) - secondsNow(clock);
  if (Math.abs(offset) <= clockTolerance) return 0;
  return Math.abs(offset) <= farthestClock ? offset : undefined;
}

/**
 * `Retry-After` in seconds from now, up to an hour (RFC 9110 section 10.2.3). A time of day is that of the server's own
 * clock: what counts is how long after its `Date` it is, unless that cannot be right.
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

/** A time in one of the forms that HTTP has (RFC 9110 section 5.6.7), in milliseconds since the epoch; else `NaN`. */
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
 * How far the clock that a JWT is to be judged by is ahead of ours, in seconds: the server's, if it differs; but ours
 * if the token is valid by that one alone, as what stands before a server may have set a wrong `Date`.
 *
 * @param offset of the answer that brought it, see {@link clockOffset}.
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
