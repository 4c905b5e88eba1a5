import { clockTolerance, secondsNow, type Clock } from '../../platform/clock.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { claimsOfVerified } from '../../protocol/tokens/idToken.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import type { GrantServices } from './grantConnection.ts';

/** A sign-in at another provider that can be used for this one. */
export interface Subject {
  readonly provider: Provider;
  /** With their current tokens. `undefined` if these have expired and can't be refreshed now. */
  readonly grants: readonly { readonly grant: Grant; readonly hasEnded: boolean }[];
  /** Gets new tokens even if the access token works. @returns the unchanged grant if that isn't possible now. */
  renew(grant: Grant): Promise<Grant | undefined>;
}

/** The sign-ins to another provider, kept current. Undefined if no provider has this ID. */
export type FindSubject = (providerId: string) => Promise<Subject | undefined>;

/** What getting tokens by another sign-in takes, its own server included. */
export interface SubjectServices extends GrantServices {
  readonly findSubject: FindSubject;
}

/** The names of both providers, for messages. */
export interface SubjectNames {
  readonly source: string;
  readonly provider: string;
}

/** The sign-in of an account, of the only one if none is named. */
export interface FoundSubject {
  readonly subject: Subject;
  readonly grant: Grant;
  readonly names: SubjectNames;
}

/**
 * @param from the ID of the other provider.
 * @throws Failure `subject-missing`, `subject-token-ended`
 */
export async function findSignIn(
  findSubject: FindSubject,
  from: string,
  { label }: Provider,
  account: string | undefined,
): Promise<FoundSubject> {
  const subject = await findSubject(from);
  const names = { source: subject?.provider.label ?? from, provider: label };
  const known = subject?.grants.find(({ grant }) => account === undefined || grant.account.id === account);
  if (!subject || !known) throw new Failure('subject-missing', names);
  // A server refuses an expired token like a permanently invalid one, which it isn't.
  if (known.hasEnded) throw new Failure('subject-token-ended', names);
  return { subject, grant: known.grant, names };
}

/**
 * The sign-in with an ID token that lasts. An ID token ends when it likes, and a refresh that brings none keeps the one
 * before.
 *
 * @param ended the failure if a refresh brings none.
 * @throws Failure `subject-token-ended`, or `ended`.
 */
export async function withCurrentIdToken(
  { subject, grant, names }: FoundSubject,
  clock: Clock,
  ended: 'subject-id-token-ended' | 'asserting-id-token-ended',
): Promise<Grant> {
  if (!endsSoon(grant, clock)) return grant;
  const renewed = (await subject.renew(grant)) ?? grant;
  // A new one can be one that never lasts longer.
  if (endOf(renewed) !== endOf(grant) || !endsSoon(renewed, clock)) return renewed;
  const isNew = renewed.tokens.serial !== grant.tokens.serial;
  throw new Failure(isNew ? ended : 'subject-token-ended', names);
}

const endOf = ({ tokens: { idToken } }: Grant): number | undefined =>
  idToken && claimsOfVerified(idToken)?.exp;

function endsSoon(grant: Grant, clock: Clock): boolean {
  const { clockOffset = 0 } = grant.tokens;
  const end = endOf(grant);
  return end !== undefined && end <= secondsNow(clock) + clockOffset + clockTolerance;
}
