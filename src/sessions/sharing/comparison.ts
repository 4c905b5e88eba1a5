import type { Cancel, Clock } from '../../platform/clock.ts';
import { errorName, type Log } from '../../platform/log.ts';
import type { Grant } from '../grant/grant.ts';
import { parseGrant, serialiseGrant } from '../store/storedGrant.ts';
import type { GrantCache } from '../store/grantCache.ts';
import { isRemoval, laterEntry, type IndexEntry, type Removal } from '../store/grantIndex.ts';
import { entriesSchema, received, textsSchema } from './received.ts';
import type { LeaderCalls } from './leaderCalls.ts';

/** The leader's functions that a comparison needs, as seen from another window. */
export type Compared = {
  readonly [Name in 'list' | 'give' | 'put' | 'remove']: (
    ...args: Parameters<LeaderCalls[Name]>
  ) => Promise<Awaited<ReturnType<LeaderCalls[Name]>>>;
};

/** The wait after a comparison that failed, in milliseconds, and the longest one. */
const firstRetry = 5000;
const longestRetry = 300_000;

const idsPerCall = 500;
const putsAtOnce = 50;

/**
 * Synchronizes this window and the leader: afterwards both have the higher revision of each grant, or both know that
 * its latest sign-in was removed. That also repairs a storage that lost or overwrote something.
 *
 * @throws what the storage or the calls throw. What was done until then stays done.
 */
export async function compareWithLeader(cache: GrantCache, leader: Compared): Promise<void> {
  try {
    await compareAll(cache, leader);
  } catch (error) {
    await exchangeKnown(cache, leader);
    throw error;
  }
}

/**
 * Exchanges the grants in this window's memory. While a storage fails, the latest tokens might be there only, and the
 * leader must not send those before.
 */
async function exchangeKnown(cache: GrantCache, leader: Compared): Promise<void> {
  const known = cache.known();
  const exchange = async (grant: Grant): Promise<void> => {
    await leader.put(serialiseGrant(grant));
    await fetchGrants(cache, leader, [grant.id]);
  };
  for (let at = 0; at < known.length; at += putsAtOnce)
    await Promise.allSettled(known.slice(at, at + putsAtOnce).map(exchange));
}

async function compareAll(cache: GrantCache, leader: Compared): Promise<void> {
  // The previous leader might have stored what it couldn't announce.
  await cache.lookAgain();
  const theirs = new Map<string, IndexEntry>();
  for (let last = ''; ;) {
    const page = received(entriesSchema, await leader.list(last));
    for (const entry of page) theirs.set(entry.id, entry);
    const next = page.at(-1)?.id ?? '';
    // Nothing more, or no order, which would never end.
    if (next <= last) break;
    last = next;
  }
  const ours = new Map((await cache.entries()).map(entry => [entry.id, entry]));

  const wanted: string[] = [];
  for (const their of theirs.values()) {
    const our = ours.get(their.id);
    if (our && laterEntry(our, their) === our) continue;
    if (isRemoval(their)) await cache.adoptRemoval(their);
    else wanted.push(their.id);
  }
  await fetchGrants(cache, leader, wanted);

  const removals: Removal[] = [];
  const newer: string[] = [];
  for (const our of ours.values()) {
    const their = theirs.get(our.id);
    if (their && laterEntry(their, our) === their) continue;
    if (isRemoval(our)) removals.push(our);
    else newer.push(our.id);
  }
  const put = async (id: string): Promise<void> => {
    const grant = await cache.get(id);
    if (grant) await leader.put(serialiseGrant(grant));
  };
  while (newer.length > 0) await Promise.all(newer.splice(0, putsAtOnce).map(put));
  while (removals.length > 0) await leader.remove(removals.splice(0, idsPerCall));
}

async function fetchGrants(cache: GrantCache, leader: Compared, ids: readonly string[]): Promise<void> {
  let wanted = ids;
  while (wanted.length > 0) {
    const texts = received(textsSchema, await leader.give(wanted.slice(0, idsPerCall)));
    const got = new Set<string>();
    for (const text of texts) {
      const parsed = parseGrant(text);
      if (parsed.kind !== 'grant') continue;
      got.add(parsed.grant.id);
      // Not awaited: the grant counts at once, and a slow storage doesn't delay the next one.
      void cache.put(parsed.grant);
    }
    const rest = wanted.filter(id => !got.has(id));
    // Without progress, the first requested ones are unavailable.
    wanted = rest.length < wanted.length ? rest : wanted.slice(idsPerCall);
  }
}

/** The comparisons of one window, one at a time. */
export type Comparing = ReturnType<typeof createComparing>;

/** A comparison that fails is made again later, unless its leader has gone. */
export function createComparing(cache: GrantCache, clock: Clock, log: Log) {
  let leader: Compared | undefined;
  let running = false;
  let repeat = false;
  let retryIn = firstRetry;
  let cancelRetry: Cancel = () => undefined;

  const run = async (): Promise<void> => {
    cancelRetry();
    repeat = running;
    if (running) return;
    running = true;
    const asked = leader;
    try {
      if (asked) await compareWithLeader(cache, asked);
      retryIn = firstRetry;
    } catch (error) {
      log.warn('what this window knows could not be compared with the others', {
        reason: errorName(error),
        seconds: retryIn / 1000,
      });
      if (leader === asked) cancelRetry = clock.after(retryIn, () => void run());
      retryIn = Math.min(2 * retryIn, longestRetry);
    }
    running = false;
    if (repeat) await run();
  };

  return {
    /** Compares with this leader now. */
    start(current: Compared) {
      leader = current;
      void run();
    },
    /** Compares with the same leader once more, if there is one. */
    again: () => void run(),
    /** There is no leader to compare with any more. */
    stop() {
      cancelRetry();
      leader = undefined;
    },
  };
}
