import { isWithin } from '../../platform/clock.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { isRenewable, type CurrentTokens, type DerivedToken, type Grant } from './grant.ts';
import { askedAudience, plainScopes, resourcesOfToken, targetOf } from './pseudoScopes.ts';
import { covers, isSameSet, normaliseScopes } from './scopes.ts';

type DerivationRules = Pick<Provider, 'resources' | 'tokenPerResource' | 'narrowTokens'>;

/** For how long a server that refused a derived token is not asked for it again, in seconds. */
export const refusalLasts = 3600;

/**
 * Which access token of a grant answers for what was asked.
 *
 * @returns the scopes of the derived token, normalised; undefined: the main one answers.
 */
export function derivedScopes(
  provider: DerivationRules,
  grant: Grant,
  asked: readonly string[],
): readonly string[] | undefined {
  const scopes = plainScopes(asked);
  const narrower = provider.narrowTokens && scopes.length > 0 && !covers(scopes, grant.grantedScopes);
  return narrower || !isSameSet(targetOf(asked), grant.target) ? normaliseScopes(asked) : undefined;
}

/**
 * True if a grant whose main token is for something else can give a token for what was asked. Only resources that the
 * sign-in was for are tried: a server that refuses another one may have spent the refresh token by then.
 */
export function canDeriveTarget(provider: DerivationRules, grant: Grant, asked: readonly string[]): boolean {
  const resources = resourcesOfToken(provider, asked);
  return (
    provider.tokenPerResource &&
    isRenewable(grant) &&
    askedAudience(asked) === askedAudience(grant.target) &&
    resources.length > 0 &&
    covers(grant.resources, resources)
  );
}

/** The derived token for these scopes, or that there is none to be had. */
export const derivedOf = (grant: Grant, scopes: readonly string[]): DerivedToken | undefined =>
  grant.derived.find(entry => isSameSet(entry.scopes, scopes));

/** Why the server does not give a derived token, and until when it is not asked for it again. */
export function refusalOf(
  grant: Grant,
  scopes: readonly string[],
  now: number,
): { readonly reason: string; readonly until: number } | undefined {
  const entry = derivedOf(grant, scopes);
  if (entry?.kind !== 'refused' || !isWithin(refusalLasts, entry.since, now)) return undefined;
  return { reason: entry.reason, until: entry.since + refusalLasts };
}

/** An access token of a grant: its main one, or a derived one. */
export type AccessToken = Pick<CurrentTokens, 'serial' | 'accessToken' | 'receivedAt' | 'expiresAt'>;

/** @param scopes of a derived token; undefined: the main one. */
export function accessTokenOf(grant: Grant, scopes: readonly string[] | undefined): AccessToken | undefined {
  if (!scopes) return grant.tokens;
  const entry = derivedOf(grant, scopes);
  return entry?.kind === 'token' ? entry : undefined;
}

/** 0 for a token that there is not yet. */
export const serialOf = (grant: Grant, scopes: readonly string[] | undefined): number =>
  accessTokenOf(grant, scopes)?.serial ?? 0;
