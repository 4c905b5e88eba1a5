import type { Failure } from '../../protocol/failures/failure.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import { derivedFrom, withDerived } from './derived.ts';
import type { Grant } from './grant.ts';
import { targetOf } from './pseudoScopes.ts';
import { isSameSet } from './scopes.ts';

/** True if a grant still has the tokens with which a request was sent: then its answer belongs to it. */
export const isUnchanged = (grant: Grant, sent: Grant): boolean =>
  grant.tokens.serial === sent.tokens.serial &&
  grant.tokens.refreshToken?.reveal() === sent.tokens.refreshToken?.reveal();

/** What a grant says of the sending of its refresh token when that is not in doubt. */
export const neverSent = { refreshSentAt: undefined, refreshResentAt: undefined };

/** What it says when the token is about to be sent. @param now in seconds since the epoch. */
export const sentOnceMore = (
  { refreshSentAt }: Grant,
  now: number,
): Pick<Grant, 'refreshSentAt' | 'refreshResentAt'> =>
  refreshSentAt === undefined ? { refreshSentAt: now } : { refreshSentAt, refreshResentAt: now };

/** What every answer changes, whichever access token came with it. */
const lasting = (grant: Grant, tokens: Tokens): Pick<Grant['tokens'], 'refreshToken' | 'idToken'> => ({
  // Many servers send a new one only when they rotate it (RFC 6749 section 6).
  refreshToken: tokens.refreshToken ?? grant.tokens.refreshToken,
  idToken: tokens.idToken ?? grant.tokens.idToken,
});

export function withMainToken(grant: Grant, tokens: Tokens): Grant {
  return {
    ...grant,
    grantedScopes: tokens.grantedScopes ?? grant.grantedScopes,
    tokens: {
      serial: grant.tokens.serial + 1,
      accessToken: tokens.accessToken,
      receivedAt: tokens.receivedAt,
      expiresAt: tokens.expiresAt,
      ...lasting(grant, tokens),
    },
    ...neverSent,
    signInNeeded: grant.signInNeeded?.accountRefused ? grant.signInNeeded : undefined,
  };
}

/** @param narrows see {@link derivedFrom}. */
export function withDerivedToken(
  grant: Grant,
  scopes: readonly string[],
  tokens: Tokens,
  narrows: boolean,
): Grant {
  return {
    ...grant,
    tokens: { ...grant.tokens, ...lasting(grant, tokens) },
    derived: withDerived(grant, derivedFrom(grant, scopes, tokens, narrows)),
    ...neverSent,
  };
}

/** Failures that are the server's last word on this grant, or on the tokens it gave for it. */
export function endsGrant({ code }: Failure): boolean {
  return [
    'grant-refused',
    'client-refused',
    'request-refused',
    'token-untrusted',
    'endpoint-changed',
    // Of a client that signs in by itself.
    'scopes-refused',
    'grant-type-refused',
    'user-refused',
    'subject-missing',
    'token-exchange-refused',
  ].includes(code);
}

/**
 * Failures that say only that this derived token is not to be had. `invalid_grant` is about the refresh token; but
 * for a resource that was not granted, servers say that too.
 */
export function refusesDerived(
  { code, details }: Failure,
  { target }: Grant,
  scopes: readonly string[],
): boolean {
  if (code === 'request-refused' || code === 'scopes-refused') return true;
  return (
    code === 'grant-refused' && (details['error'] !== 'invalid_grant' || !isSameSet(targetOf(scopes), target))
  );
}
