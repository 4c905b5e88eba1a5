import type { Secret } from '../platform/secret.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { accessTokenOf, derivedScopes, serialOf } from '../sessions/grant/derived.ts';
import type { Account, Grant } from '../sessions/grant/grant.ts';
import { matchingGrants } from '../sessions/grant/sessions.ts';
import { nameOf } from './asked.ts';
import { fingerprintOf, sha256, type Demand } from './demand.ts';
import { nextStep, type EarlierAnswer, type Step } from './nextStep.ts';

/** A grant that a demand could be about, and what to do with it. */
export interface Candidate {
  readonly grant: Grant;
  /** Whether its token is the refused one. Undefined if that is unknown. */
  readonly isRefused: boolean | undefined;
  readonly serial: number;
  readonly before: EarlierAnswer | undefined;
  /** `as-is`: another one is renewed first. The current token is handed out. */
  readonly step: Step | 'as-is';
}

/**
 * Of several accounts whose token might have been refused, keeps one to renew for each challenge: the one that was
 * signed in first, and the next one when the same demand comes again.
 */
export function onlyOneRenewal(found: readonly Candidate[]): Candidate[] {
  const renewed = found.findLast(({ step }) => step === 'renew');
  return found.map(candidate =>
    candidate.step === 'renew' && candidate !== renewed ? { ...candidate, step: 'as-is' } : candidate,
  );
}

/** The grants that a demand could be about, one for each account, and what to do with each. */
export async function candidates(
  { earlier, now }: { readonly earlier: ReadonlyMap<string, EarlierAnswer>; now(): number },
  provider: Provider,
  all: readonly Grant[],
  demand: Demand,
  whose: { readonly id: string } | undefined,
): Promise<Candidate[]> {
  const { scopes, refused } = demand;
  const name = await nameOf(demand);
  const isRefused = async (token: Secret | undefined): Promise<boolean | undefined> =>
    refused === undefined ? undefined : token !== undefined && (await sha256(token.reveal())) === refused;
  const found = new Map<string, Candidate>();
  for (const grant of matchingGrants(provider, all, scopes, whose)) {
    if (found.has(grant.account.id)) continue;
    const which = derivedScopes(provider, grant, scopes);
    const standing = {
      grantedScopes: grant.grantedScopes,
      claims: grant.claims,
      clockOffset: grant.tokens.clockOffset,
      serial: serialOf(grant, which),
      isRefused: await isRefused(accessTokenOf(grant, which)?.accessToken),
    };
    const known = earlier.get(keyOf(grant, demand));
    // Forgotten with the question: the user has signed in on their own since.
    const isForgotten = known?.step === 'sign-in' && !grant.asked?.some(one => one.demand === name);
    const before = isForgotten ? undefined : known;
    const step = nextStep(demand, standing, before, now());
    found.set(grant.account.id, { ...standing, grant, before, step });
  }
  return [...found.values()];
}

/** The number of accounts that could have sent the token: those with the scopes that the extension itself requests. */
export const usersOf = (
  provider: Provider,
  all: readonly Grant[],
  { fallbackScopes, scopes }: Demand,
): number =>
  new Set(matchingGrants(provider, all, fallbackScopes ?? scopes, undefined).map(({ account }) => account.id))
    .size;

/** The account whose token was refused, as far as that is known. */
export async function refusedAccount(all: readonly Grant[], demand: Demand): Promise<Account | undefined> {
  const accounts = new Map(all.map(({ account }) => [account.id, account]));
  return (
    (await refusedAmong(all, demand.refused)) ?? (accounts.size === 1 ? [...accounts.values()][0] : undefined)
  );
}

export const keyOf = (grant: Grant, demand: Demand): string => `${grant.id} ${fingerprintOf(demand)}`;

/** Whose token was refused, if it is one of these. */
export async function refusedAmong(
  grants: readonly Grant[],
  refused: string | undefined,
): Promise<Account | undefined> {
  if (refused === undefined) return undefined;
  for (const { account, tokens, derived } of grants) {
    for (const { accessToken } of [tokens, ...derived.filter(entry => entry.kind === 'token')]) {
      if ((await sha256(accessToken.reveal())) === refused) return account;
    }
  }
  return undefined;
}
