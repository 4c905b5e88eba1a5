import { isWithin } from '../platform/clock.ts';
import { l10n } from '../platform/shown.ts';
import { anyOf } from '../platform/language.ts';
import { isObject } from '../protocol/http/json.ts';
import { quoteServerText } from '../protocol/http/serverText.ts';
import { objectIn } from './claimsRequest.ts';
import type { Demand } from './demand.ts';

/** What is known about the grant that represents an account. Times are in seconds since the epoch. */
export interface Standing {
  readonly grantedScopes: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  /** See `CurrentTokens`. */
  readonly clockOffset?: number | undefined;
  /** See `CurrentTokens.serial`. */
  readonly serial: number;
  /** Whether the grant's current token is the refused one. Undefined if the caller doesn't say. */
  readonly isRefused: boolean | undefined;
}

/** What was done about the same demand before, for the same grant. */
export interface EarlierAnswer {
  readonly step: 'hand-out' | 'renew' | 'sign-in';
  /** The serial of the tokens that were handed out then. */
  readonly serial: number;
  /** Seconds since the epoch. */
  readonly at: number;
}

/**
 * What to do about a demand:
 *
 * - `hand-out`: the current token might do.
 * - `renew`: get a new one from the token endpoint, whatever the old one's expiry says.
 * - `sign-in`: only the user can help. Without a session, the editor asks for a sign-in.
 * - `give-up`: all of that was done, and the same demand came again.
 */
export type Step = EarlierAnswer['step'] | 'give-up';

/**
 * A demand within this time after the last step, in seconds, came from another caller who was refused at the same time
 * and had to wait: the editor passes one call after another.
 */
export const queueing = 0.25;

/** After this time, in seconds, the same demand is a new one: the last step has helped meanwhile. */
const memory = 300;

/**
 * Decides what to do about a demand. Each time the same demand comes again about the token it was answered
 * with, the next stronger remedy follows, and after the strongest there is an end.
 *
 * @param now in seconds since the epoch, with fractions.
 */
export function nextStep(
  demand: Demand,
  standing: Standing,
  earlier: EarlierAnswer | undefined,
  now: number,
): Step {
  const answer = earlier && isInARow(demand, standing, earlier, now) ? earlier : undefined;
  // A claims request says nothing that we could check: a new sign-in for it is all there is.
  const meets =
    demand.kind === 'claims' ? answer?.step === 'sign-in' : unmet(demand, standing, now) === undefined;
  const queued =
    standing.isRefused === undefined && answer !== undefined && isWithin(queueing, answer.at, now);
  const another = standing.isRefused === false || queued;
  if (another && meets) return 'hand-out';
  if (answer?.step === 'sign-in') return standing.isRefused === false ? 'sign-in' : 'give-up';
  if (!meets || answer?.step === 'renew') return 'sign-in';
  switch (demand.kind) {
    case 'new-token':
      return 'renew';
    case 'token':
      return answer || standing.isRefused ? 'renew' : 'hand-out';
    case 'more-scopes':
    case 'stronger-sign-in':
      return answer || standing.isRefused ? 'sign-in' : 'hand-out';
    case 'claims':
      return 'sign-in';
  }
}

/** The age that a sign-in can always have, in seconds: no user signs in faster. */
export const shortestAge = 30;
function isInARow(
  demand: Demand,
  { serial }: Standing,
  { serial: answered, at }: EarlierAnswer,
  now: number,
) {
  // If a sign-in must be at most a minute old, it is needed again after a minute.
  const span = demand.maxAge === undefined ? memory : Math.min(memory, Math.max(shortestAge, demand.maxAge));
  return serial === answered && isWithin(span, at, now);
}

/** A second of rounding, and a little for clocks that differ. */
const tolerance = 10;

/** What is missing, as a sentence about the provider of this name. */
export type Lack = (provider: string) => string;

/**
 * What a sign-in lacks of a demand. Undefined if nothing. Checked after every sign-in for a demand: a provider can
 * leave out what was requested.
 *
 * @param now in seconds since the epoch.
 * @param accessToken its claims, if it is a JWT.
 */
export function unmet(
  { added, acrValues, maxAge, claims: request }: Demand,
  { grantedScopes, claims, clockOffset = 0 }: Pick<Standing, 'grantedScopes' | 'claims' | 'clockOffset'>,
  now: number,
  accessToken?: Readonly<Record<string, unknown>>,
): Lack | undefined {
  const missing = added.filter(scope => !grantedScopes.includes(scope));
  if (missing.length > 0) {
    return provider => l10n.t('{0} didn’t grant {1}.', provider, missing.join(' '));
  }
  const { acr, auth_time: authTime } = claims;
  if (acrValues.length > 0 && !acrValues.includes(typeof acr === 'string' ? acr : '')) {
    const wanted = anyOf(acrValues);
    return typeof acr === 'string'
      ? provider =>
          l10n.t(
            '{0} didn’t sign you in as requested: the authentication context class must be {1}, but it’s another one.',
            provider,
            wanted,
          )
      : provider =>
          l10n.t(
            '{0} didn’t sign you in as requested: the authentication context class must be {1}, but it’s missing.',
            provider,
            wanted,
          );
  }
  // The provider has written that down by its own clock.
  const age = typeof authTime === 'number' ? now + clockOffset - authTime : Infinity;
  if (maxAge !== undefined && age > maxAge + tolerance) {
    return provider =>
      l10n.t(
        '{0} didn’t ask you to sign in again: your sign-in must be no more than {1} seconds old.',
        provider,
        maxAge,
      );
  }
  return request === undefined ? undefined : missingClaim(request, accessToken, claims);
}

/**
 * Finds what a sign-in lacks of a claims request, as far as that is readable. Undefined if nothing is known to be
 * missing. Only essential claims with values can be missing, and only if the token contradicts them: a token for
 * another audience can contain what is hidden here.
 *
 * @param accessToken the claims of the access token, if it is a JWT. Undefined if it isn't readable.
 * @param idToken the claims of the sign-in.
 */
export function missingClaim(
  request: string,
  accessToken: Readonly<Record<string, unknown>> | undefined,
  idToken: Readonly<Record<string, unknown>>,
): Lack | undefined {
  for (const { name, values } of wantedIn(request, 'access_token')) {
    const found = accessToken?.[name];
    if (found === undefined || holds(name, found, values)) continue;
    return inWords(name, values);
  }
  for (const { name, values } of wantedIn(request, 'id_token')) {
    const found = idToken[name];
    // A provider must satisfy the demand for an essential acr, or fail (OpenID Connect Core 1.0 section 5.5.1.1).
    const mayBeAbsent = found === undefined && name !== 'acr';
    if (!mayBeAbsent && !holds(name, found, values)) return inWords(name, values);
  }
  return undefined;
}

/** The values of a claim that a claims request names. One of several is enough. */
interface WantedClaim {
  readonly name: string;
  readonly values: readonly unknown[];
}

function wantedIn(request: string, member: 'access_token' | 'id_token'): WantedClaim[] {
  const claims = objectIn(request)?.[member];
  if (!isObject(claims)) return [];
  return Object.entries(claims).flatMap(([name, signInRequest]) => {
    if (!isObject(signInRequest) || signInRequest['essential'] !== true) return [];
    const values = Array.isArray(signInRequest['values'])
      ? (signInRequest['values'] as unknown[])
      : [signInRequest['value']];
    const named = values.filter(value => value !== undefined);
    return named.length > 0 ? [{ name, values: named }] : [];
  });
}

/** True if a claim is, or as an array contains, one of the values. For `nbf`, if it is at least one of them. */
function holds(name: string, found: unknown, values: readonly unknown[]): boolean {
  if (name === 'nbf') return values.some(value => Number(found) >= Number(value));
  const all: readonly unknown[] = Array.isArray(found) ? found : [found];
  return values.some(value => all.some(item => item === value));
}

const inWords =
  (name: string, values: readonly unknown[]): Lack =>
  provider =>
    l10n.t(
      '{0} didn’t sign you in as requested: {1} must be {2}.',
      provider,
      quoteServerText(name) ?? '',
      anyOf(values.map(value => quoteServerText(String(value)) ?? '')),
    );
