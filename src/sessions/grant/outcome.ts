import { l10n } from '../../platform/shown.ts';
import type { Failure, FailureCode } from '../../protocol/failures/failure.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';

import type { AccountProfile } from './events.ts';
import type { Doubt } from './memory.ts';
import { refusalLasts, serialOf } from './derived.ts';
import { evidenceIn, grantedAfterRefresh, grantedScopes } from './granted.ts';
import type { DerivedToken, Grant } from './grant.ts';
import { plainScopes, targetOf } from './pseudoScopes.ts';
import { isSameSet } from './scopes.ts';

/**
 * What a failure of a refresh means for the grant.
 *
 * - `ended`: the authorization server's own word in an OAuth error, or an answer about another person.
 * - `impeded`: nothing of the grant was sent, and the person can do something about it. It is tried again, as its cause
 *   may go.
 * - `obstructed`: something answered that does not speak OAuth. If that lasts, the person is told.
 * - `passing`: everything else.
 */
export function verdictOf({ code, oauthError }: Failure): 'ended' | 'impeded' | 'obstructed' | 'passing' {
  if (code === 'token-untrusted') return 'ended';
  if (refusals.has(code)) return oauthError === undefined ? 'obstructed' : 'ended';
  if (impediments.has(code)) return 'impeded';
  return obstructions.has(code) ? 'obstructed' : 'passing';
}

const refusals: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'grant-refused',
  'certificate-mismatch',
  'client-refused',
  'request-refused',
  // Of a client that signs in by itself.
  'scopes-refused',
  'grant-type-refused',
  'user-refused',
  'token-exchange-refused',
  'assertion-refused',
  'assertion-not-taken',
]);

const impediments: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'endpoint-changed',
  'proof-key-lost',
  // Of the sign-in that another one is made of.
  'subject-missing',
  'subject-token-lacking',
  'subject-id-token-ended',
  'asserting-id-token-ended',
  'assertion-sign-in-needed',
]);

const obstructions: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'answer-too-large',
  'answer-withheld',
  'assertion-invalid',
  'certificate-demanded',
  'certificate-refused',
  'intercepted',
  'issuer-mismatch',
  'metadata-invalid',
  'metadata-not-found',
  'proof-demanded',
  'proof-refused',
  'proxy-refused',
  'redirected',
  'response-invalid',
  'token-bound',
  'token-unbound',
  'token-uncertified',
  'unexplained',
]);

/** True if a server refuses what was asked for, in words or by a status. */
export const isRefusal = ({ code }: Failure): boolean => refusals.has(code);

/**
 * True if a failure says only that this derived token is not to be had. `invalid_grant` is about the refresh token; but
 * for a resource that was not granted, servers say that too.
 */
export const refusesDerived = (failure: Failure, { target }: Grant, scopes: readonly string[]): boolean =>
  verdictOf(failure) === 'ended' &&
  (failure.code === 'request-refused' ||
    failure.code === 'scopes-refused' ||
    (failure.code === 'grant-refused' &&
      (failure.oauthError !== 'invalid_grant' || !isSameSet(targetOf(scopes), target))));

/** What a grant says of the sending of its refresh token when that is not in doubt. */
export const neverSent: Doubt = { refreshSentAt: undefined, refreshResentAt: undefined };

/** The same grant if nothing changes. */
export const withDoubt = (grant: Grant, { refreshSentAt, refreshResentAt }: Doubt): Grant =>
  grant.refreshSentAt === refreshSentAt && grant.refreshResentAt === refreshResentAt
    ? grant
    : { ...grant, refreshSentAt, refreshResentAt };

/** What every answer changes, whichever access token came with it. */
const lasting = (grant: Grant, tokens: Tokens): Pick<Grant['tokens'], 'refreshToken' | 'idToken'> => ({
  // Many servers send a new one only when they rotate it (RFC 6749 section 6).
  refreshToken: tokens.refreshToken ?? grant.tokens.refreshToken,
  idToken: tokens.idToken ?? grant.tokens.idToken,
});

export function withMainToken(grant: Grant, tokens: Tokens): Grant {
  const { accessToken, receivedAt, expiresAt, clockOffset } = tokens;
  const { serial } = grant.tokens;
  return {
    ...grant,
    grantedScopes: grantedAfterRefresh(grant, tokens),
    tokens: {
      serial: serial + 1,
      accessToken,
      receivedAt,
      expiresAt,
      clockOffset,
      ...lasting(grant, tokens),
    },
    ...neverSent,
    signInNeeded: grant.signInNeeded?.accountRefused ? grant.signInNeeded : undefined,
  };
}

/** @param narrows see {@link derivedFrom}. */
export const withDerivedToken = (
  grant: Grant,
  scopes: readonly string[],
  tokens: Tokens,
  narrows: boolean,
): Grant => ({
  ...grant,
  tokens: { ...grant.tokens, ...lasting(grant, tokens) },
  derived: withDerived(grant, derivedFrom(grant, scopes, tokens, narrows)),
  ...neverSent,
});

/**
 * The grant with what the server says of its account now. The name of the account stays: the editor keys what
 * people have allowed by it. An account that is refused keeps its tokens, and one that no longer is gives sessions
 * again.
 *
 * @param now seconds since the epoch.
 * @returns the same grant if nothing is new.
 */
export function withProfile(
  grant: Grant,
  { claims, expiresAt, refusal }: AccountProfile,
  now: number,
): Grant {
  const { tokens, signInNeeded } = grant;
  const ends = tokens.expiresAt ?? expiresAt;
  // What else keeps a grant from its person's use stays: a sign-in that the server has ended stays ended.
  const isKept = signInNeeded && (!signInNeeded.accountRefused || signInNeeded.reason === refusal);
  const refused =
    refusal === undefined ? undefined : ({ reason: refusal, since: now, accountRefused: true } as const);
  const needed = isKept ? signInNeeded : refused;
  const isSame =
    JSON.stringify(claims) === JSON.stringify(grant.claims) &&
    ends === tokens.expiresAt &&
    needed === signInNeeded;
  return isSame ? grant : { ...grant, claims, tokens: { ...tokens, expiresAt: ends }, signInNeeded: needed };
}

/**
 * The scopes that a narrower token is asked for: what was asked for, as far as it was granted. What was granted for
 * another resource is not known. Empty: whatever there is.
 *
 * @param derived of the derived token.
 */
export function narrowedScopes(grant: Grant, derived: readonly string[]): string[] {
  const scopes = plainScopes(derived);
  if (!isSameSet(targetOf(derived), grant.target)) return scopes;
  const granted = scopes.filter(scope => grant.grantedScopes.includes(scope));
  return granted.length > 0 ? granted : scopes;
}

/**
 * The entry for the tokens of an answer.
 *
 * @param narrows true: the token must be for these scopes alone.
 */
export function derivedFrom(
  grant: Grant,
  scopes: readonly string[],
  tokens: Tokens,
  narrows: boolean,
): DerivedToken {
  const { accessToken, receivedAt, expiresAt, grantedScopes: named } = tokens;
  const asked = narrowedScopes(grant, scopes);
  const granted = grantedScopes(named, evidenceIn(grant, tokens, asked));
  const lacking = asked.filter(scope => !granted.includes(scope));
  const besides = narrows && asked.length > 0 ? granted.filter(scope => !asked.includes(scope)) : [];
  const refused = (reason: string): DerivedToken => ({ kind: 'refused', scopes, since: receivedAt, reason });
  if (lacking.length > 0) return refused(l10n.t('It didn’t grant {0}.', lacking.join(' ')));
  if (besides.length > 0) return refused(l10n.t('It granted more than that: {0}.', besides.join(' ')));
  return { kind: 'token', scopes, serial: serialOf(grant, scopes) + 1, accessToken, receivedAt, expiresAt };
}

/** The derived tokens that a grant keeps at most; those that ended first go first. */
export const mostDerived = 50;

/** The derived tokens of a grant with this one in the place of an earlier one. */
export function withDerived(grant: Grant, entry: DerivedToken): readonly DerivedToken[] {
  const others = grant.derived.filter(other => !isSameSet(other.scopes, entry.scopes));
  const end = (other: DerivedToken): number =>
    other.kind === 'token' ? (other.expiresAt ?? Infinity) : other.since + refusalLasts;
  return [entry, ...others.sort((a, b) => end(b) - end(a))].slice(0, mostDerived);
}
