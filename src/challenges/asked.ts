import { isWithin } from '../platform/clock.ts';
import { mostAsked, type AskedDemand, type Grant, type NamedAccount } from '../sessions/grant/grant.ts';
import type { GrantCache } from '../sessions/store/grantCache.ts';
import { fingerprintOf, sha256, type Demand } from './demand.ts';
import { shortestAge, unmet } from './nextStep.ts';

/** The shortest time between two questions for a claim that names a time, in seconds. */
const timePause = 3600;

/**
 * True if the user can be asked to sign in for a demand. They are asked once, until they sign in on their own or sign
 * out: an API that refuses every token would otherwise have them asked forever. A demand that names a time is a new one
 * when a sign-in that met it has become too old.
 */
function mayAsk({ maxAge, claims }: Demand, asked: AskedDemand | undefined, now: number): boolean {
  if (!asked) return true;
  const namesTime = claims !== undefined && /"nbf"\s*:/.test(claims);
  if (!asked.met || (maxAge === undefined && !namesTime)) return false;
  return !isWithin(maxAge === undefined ? timePause : Math.max(shortestAge, maxAge), asked.at, now);
}

/** What a demand is remembered by. */
export const nameOf = (demand: Demand): Promise<string> => sha256(fingerprintOf(demand));

/** True if a user can be asked to sign in for a demand. @param whose undefined: it could be about any account. */
export async function mayBeAsked(
  all: readonly Grant[],
  demand: Demand,
  whose: { readonly id: string } | undefined,
  now: number,
): Promise<boolean> {
  const name = await nameOf(demand);
  return grantsOf(all, whose).every(({ asked }) =>
    mayAsk(
      demand,
      asked?.find(one => one.demand === name),
      now,
    ),
  );
}

const grantsOf = (all: readonly Grant[], whose: { readonly id: string } | undefined): readonly Grant[] =>
  all.filter(({ account }) => whose === undefined || account.id === whose.id);

/**
 * Remembers that a user is asked to sign in for a demand.
 *
 * @param whose undefined: it could be about any account.
 * @returns what the account was asked to sign in for, this demand included.
 */
export async function noteAsked(
  cache: GrantCache,
  all: readonly Grant[],
  demand: Demand,
  whose: NamedAccount | undefined,
  now: number,
): Promise<readonly AskedDemand[]> {
  const own = { demand: await nameOf(demand), at: Math.floor(now) };
  const grants = grantsOf(all, whose);
  // Don't wait for the storage: this window knows it at once.
  for (const { id } of grants)
    void cache.update(id, grant => ({ ...grant, asked: withAsked(grant.asked, own) }));
  return withAsked(
    grants.flatMap(({ asked = [] }) => asked),
    own,
  );
}

/** Remembers whether the sign-in met a demand that it was asked for. */
export async function noteOutcome(
  cache: GrantCache,
  { id, asked = [] }: Grant,
  demand: Demand,
  met: true | undefined,
): Promise<void> {
  const name = await nameOf(demand);
  const known = asked.find(one => one.demand === name);
  if (!known || known.met === met) return;
  void cache.update(id, grant => ({ ...grant, asked: withAsked(grant.asked, { ...known, met }) }));
}

/** An API that refuses a sign-in which meets what it asked for does so for ever. */
export async function noteRefused(
  cache: GrantCache,
  grant: Grant,
  demand: Demand,
  now: number,
): Promise<void> {
  const { clockOffset } = grant.tokens;
  if (unmet(demand, { ...grant, clockOffset }, now) === undefined)
    await noteOutcome(cache, grant, demand, undefined);
}

/** With the newest first. */
const withAsked = (asked: readonly AskedDemand[] = [], own: AskedDemand): readonly AskedDemand[] =>
  [own, ...asked.filter(({ demand }) => demand !== own.demand)].slice(0, mostAsked);
