import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Grant } from './grant.ts';
import { plainScopes } from './pseudoScopes.ts';
import { union } from './scopes.ts';

/** The scopes that ask for claims, and the claims that show they were granted (OpenID Connect Core 1.0 section 5.4). */
const claimsOfScope: Readonly<Record<string, readonly string[]>> = {
  profile: ['name', 'family_name', 'given_name', 'nickname', 'preferred_username', 'picture', 'profile'],
  email: ['email'],
  address: ['address'],
  phone: ['phone_number'],
};

const isClaimScope = (scope: string): boolean => Object.hasOwn(claimsOfScope, scope);

/** What else than the list of a token response shows what was granted. */
export interface Evidence {
  readonly asked: readonly string[];
  readonly hasIdToken: boolean;
  readonly hasRefreshToken: boolean;
  /** Of ID token and UserInfo. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * The scopes that were granted, each judged by what it is for. Many servers name only those of the access token
 * in a token response (RFC 6749 section 5.1): of the scopes of OpenID Connect, ID token and UserInfo tell, and of
 * `offline_access` the refresh token. A list with none of the scopes that ask for claims, and without `openid`, does not
 * say that they were refused.
 *
 * @param named undefined: those asked for.
 */
export function grantedScopes(
  named: readonly string[] | undefined,
  { asked, hasIdToken, hasRefreshToken, claims }: Evidence,
): string[] {
  if (!named) return [...asked];
  const speaksOfClaims = named.some(scope => scope === 'openid' || isClaimScope(scope));
  const isShown = (scope: string): boolean => {
    if (scope === 'openid') return hasIdToken;
    if (scope === 'offline_access') return hasRefreshToken;
    const shows = claimsOfScope[scope]?.some(claim => claims[claim] !== undefined) ?? false;
    return hasIdToken && isClaimScope(scope) && (!speaksOfClaims || shows);
  };
  return union(named, asked.filter(isShown));
}

/** What a grant shows of later token responses: their ID token, if any, is about the same sign-in. */
export const evidenceIn = (
  { tokens, claims }: Grant,
  { idToken, refreshToken }: Pick<Tokens, 'idToken' | 'refreshToken'>,
  asked: readonly string[],
): Evidence => ({
  asked,
  claims,
  hasIdToken: (idToken ?? tokens.idToken) !== undefined,
  hasRefreshToken: (refreshToken ?? tokens.refreshToken) !== undefined,
});

/** What was granted as a refresh has it: of what was asked for at any time, nothing that is still shown is lost. */
export const grantedAfterRefresh = (grant: Grant, tokens: Tokens): readonly string[] =>
  tokens.grantedScopes
    ? grantedScopes(
        tokens.grantedScopes,
        evidenceIn(grant, tokens, union(grant.grantedScopes, ...grant.sessions.map(plainScopes))),
      )
    : grant.grantedScopes;
