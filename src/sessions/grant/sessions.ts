import { endOf, isForNobody, type TokenPolicy } from './fate.ts';
import type { Secret } from '../../platform/secret.ts';
import { shown, type Shown } from '../../platform/shown.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { accessTokenOf, canDeriveTarget, type AccessToken } from './derived.ts';
import type { Account, Grant, GrantChange } from './grant.ts';
import { plainScopes, targetOf } from './pseudoScopes.ts';
import { covers, isSameSet, sessionId } from './scopes.ts';

/** What another extension is given: a view of a grant for exactly the scopes it asked for. */
export interface Session {
  readonly id: string;
  readonly account: Account;
  readonly scopes: readonly string[];
  readonly accessToken: Secret;
  readonly idToken: Secret | undefined;
  /** When the access token expires, in seconds since the epoch. Undefined: unknown, or the token isn't handed out. */
  readonly expiresAt?: number | undefined;
  /** Undefined: it is a bearer token. */
  readonly tokenType?: 'DPoP' | undefined;
}

/** How an API is sent the grant's access tokens (RFC 6750 section 2.1, RFC 9449 section 7.1). */
export const tokenTypeOf = ({ proofKey }: Grant): 'Bearer' | 'DPoP' =>
  proofKey?.binds === 'required' ? 'DPoP' : 'Bearer';

export interface SessionsChange {
  readonly added: readonly Session[];
  readonly removed: readonly Session[];
  readonly changed: readonly Session[];
}

/**
 * Shows a grant for a set of scopes.
 *
 * @param token by default the derived one for them, if there is one, or else the main one: that is for lists of
 * sessions, whose tokens nobody is given. Who asks for a session by its scopes is answered with the token for them.
 * @param policy the provider's, if the token is handed out.
 */
export function sessionOf(
  grant: Grant,
  scopes: readonly string[],
  token: AccessToken = accessTokenOf(grant, scopes) ?? grant.tokens,
  policy?: TokenPolicy,
): Session {
  const tokenType = tokenTypeOf(grant);
  return {
    id: sessionId(grant.id, scopes),
    account: grant.account,
    scopes,
    accessToken: token.accessToken,
    idToken: grant.tokens.idToken,
    expiresAt: policy && endOf(token, policy),
    ...(tokenType === 'DPoP' && { tokenType }),
  };
}

export const sessionsOf = (grant: Grant): Session[] => grant.sessions.map(scopes => sessionOf(grant, scopes));

/**
 * The grants that can serve a request for `asked`, best first: those that were signed in for exactly that, those that
 * were granted more, those that can give a token for another resource; among equals the newest. None of an account
 * that is refused.
 */
export function matchingGrants(
  provider: Provider,
  grants: readonly Grant[],
  asked: readonly string[],
  account: { readonly id: string } | undefined,
): Grant[] {
  const target = targetOf(asked);
  const rank = (grant: Grant): number => {
    if (grant.sessions.some(session => isSameSet(session, asked))) return 3;
    if (isSameSet(grant.target, target)) return covers(grant.grantedScopes, plainScopes(asked)) ? 2 : 0;
    return canDeriveTarget(provider, grant, asked) ? 1 : 0;
  };
  return grants
    .filter(grant => account === undefined || grant.account.id === account.id)
    .filter(grant => !isForNobody(grant))
    .filter(grant => rank(grant) > 0)
    .sort((a, b) => rank(b) - rank(a));
}

/** The scopes that were asked for and that the provider did not grant, or no longer does. */
export const notGranted = ({ grantedScopes: granted }: Grant, asked: readonly string[]): string[] =>
  plainScopes(asked).filter(scope => !granted.includes(scope));

/**
 * What the editor must be told of a changed grant. It drops the whole account when one of its sessions goes,
 * so sessions of the same account that remain (`others`) are listed as changed with it.
 */
export function sessionsChange({ before, after }: GrantChange, others: readonly Grant[]): SessionsChange {
  const old = before ? sessionsOf(before) : [];
  const now = after ? sessionsOf(after) : [];
  // A session that could not be used until its person signed in again is as good as new: the editor ends a
  // pending request to sign in only when a session is added.
  const restored = before?.signInNeeded !== undefined && after?.signInNeeded === undefined;
  const isNew = (session: Session): boolean => restored || !old.some(({ id }) => id === session.id);
  const added = now.filter(isNew);
  const removed = old.filter(session => !now.some(({ id }) => id === session.id));
  const kept = now.filter(session => !isNew(session));
  const account = (before ?? after)?.account.id;
  const survivors = others.filter(grant => grant.account.id === account).flatMap(sessionsOf);
  return { added, removed, changed: removed.length > 0 ? [...kept, ...survivors] : kept };
}

/**
 * The label for a new account: unique among the other accounts of the provider, because the editor keys what
 * an account allowed by its label. The same account keeps the label it has.
 */
export function uniqueLabel(
  account: Account,
  alternatives: readonly string[],
  others: readonly Account[],
): Shown {
  const same = others.find(other => other.id === account.id);
  if (same) return same.label;
  const taken = new Set(others.map(other => other.label));
  const candidates = [account.label, ...alternatives.map(text => shown`${account.label} (${text})`)];
  return candidates.find(label => !taken.has(label)) ?? shown`${account.label} (${account.id})`;
}
