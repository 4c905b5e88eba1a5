import type { CurrentTokens } from './grant.ts';

type Lifetime = Pick<CurrentTokens, 'receivedAt' | 'expiresAt'>;

/** The wait after a first failed refresh, and the longest one, in seconds. */
const firstBackOff = 5;
const longestBackOff = 300;

/**
 * Tokens live at least this long before they are refreshed by themselves, in seconds: a server that gives a
 * lifetime of nothing must not be asked without pause.
 */
const shortestRest = 5;

/**
 * When the tokens are to be refreshed, in seconds since the epoch: when 90 % of the lifetime is over, or a
 * minute before its end if that comes earlier, but never before half of it has passed.
 *
 * @param spread from 0 to 1: which part of the jitter to take, up to 5 % of the lifetime earlier, so that
 * grants that began together are not refreshed together.
 * @param late true for a server that ends the old access token with the refresh: others may be using it, so that
 * it is refreshed a minute before its end and no earlier.
 * @returns undefined if they never need to be: the server gave no lifetime, and none is assumed.
 */
export function refreshDueAt(
  { receivedAt }: Lifetime,
  expiresAt: number | undefined,
  spread: number,
  late = false,
): number | undefined {
  if (expiresAt === undefined) return undefined;
  const lifetime = Math.max(0, expiresAt - receivedAt);
  const due = late ? lifetime - 60 : Math.min(lifetime * 0.9, lifetime - 60);
  const jitter = late ? 0 : spread * lifetime * 0.05;
  return receivedAt + Math.max(shortestRest, lifetime * 0.5, due - jitter);
}

/**
 * When the access token ends, in seconds since the epoch.
 *
 * @param assumedLifetime in seconds: for a server that does not say; undefined means that it never ends.
 */
export function expiryOf(tokens: Lifetime, assumedLifetime: number | undefined): number | undefined {
  if (tokens.expiresAt !== undefined) return tokens.expiresAt;
  return assumedLifetime === undefined ? undefined : tokens.receivedAt + assumedLifetime;
}

/**
 * How long to wait after the n-th failure in a row, in seconds: exponential, with jitter so that many clients
 * of a server that comes back do not return at once. What the server asked for in `Retry-After` is the least.
 *
 * @param spread from 0 to 1.
 */
export function backOff(failures: number, spread: number, retryAfter: number | undefined): number {
  const ceiling = Math.min(longestBackOff, firstBackOff * 2 ** (failures - 1));
  return Math.max(ceiling * (0.5 + spread / 2), retryAfter ?? 0);
}
