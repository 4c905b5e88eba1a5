import type { Clock } from '../../platform/clock.ts';
import { errorName, type Log } from '../../platform/log.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import { LeaderLost } from '../../windows/errors.ts';
import type { Timing } from '../../windows/timeouts.ts';
import type { Activity, ActivityLog } from '../activity.ts';
import type { Grant } from '../grant/grant.ts';
import { serialiseGrant } from '../store/storedGrant.ts';
import type { ProviderIdentity } from '../../providers/entries/origin.ts';
import type { RefresherOptions, TokenServer } from '../refresh/refresherOptions.ts';
import type { Memories, ToldTrouble } from '../refresh/memories.ts';
import type { TokenRefresher } from '../refresh/refresher.ts';
import { addGrant, type Added } from '../store/addGrant.ts';
import type { GrantCache } from '../store/grantCache.ts';
import { createComparing } from './comparison.ts';
import { createGrantSync, type GrantSync } from './grantSync.ts';
import { createHandOver, isYes, leavingWithin } from './handOver.ts';
import { createServing, type Leading } from './leading.ts';
import { watchOverdue } from './overdue.ts';
import { activitiesSchema, received, troublesSchema } from './received.ts';
import { createRenewals, leaderTimeout, type Renewals } from './renewals.ts';
import { createSignOuts, type SignOuts } from './signOuts.ts';
import type { SignOutServices } from './signOutTeller.ts';
import { thisWindow } from './thisWindow.ts';
import { inTime, quietly, type JoinWindows, type Windows } from './windowCalls.ts';
import type { Sendings } from '../../protocol/server/sendings.ts';

export interface SharingOptions {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly providers: RefresherOptions['providers'];
  readonly server: TokenServer;
  readonly activity: ActivityLog;
  readonly memories: Memories;
  readonly signOuts: SignOutServices;
  /** What this window has sent, for the log. */
  readonly sendings: Sendings;
  /** Where windows meet, see `joinWindows`. */
  readonly directory: string;
  readonly timing?: Partial<Timing>;
  /** Joins the other windows. Loading it can take a while. */
  loadTransport(): Promise<JoinWindows>;
  /** True if this window has the user's focus. */
  isFocused(): boolean;
  /** Called for tokens that arrived for a grant that was signed out meanwhile: they won't be used. */
  onOrphaned(grant: Grant, tokens: Tokens): void;
  /** Shows the user, once for all windows, that a grant needs them. */
  showSignInNeeded(grant: Grant): void;
  /** Hands a redirect response to the sign-in in this window that waits for it, if one does. */
  deliver(path: string, parameters: URLSearchParams): boolean;
}

/** So many leaders are asked to take a sign-in over, each when the one before is lost. */
const mostLeaders = 4;

/**
 * The grants of all windows of this computer. Every window has its own cache, from which it serves sessions. One of
 * them, the leader, keeps the tokens current. What changes in one cache is announced to the leader, which announces it
 * to all windows.
 *
 * Two caches never stay different: of two copies of a grant the higher revision wins, a removal wins over any of the
 * same sign-in, and whenever a window finds a leader the two compare all that they know.
 */
export interface Sharing extends Renewals {
  /** What this window knows about its grants, and what the leader has announced about their troubles. */
  readonly memories: Pick<Memories, 'of' | 'onDidChange'>;
  readonly signOuts: SignOuts;
  /** As {@link addGrant}, by the leader if there is one in time. */
  add(provider: ProviderIdentity, signedIn: Grant): Promise<Added>;
  /** Hands a redirect response to whichever window waits for it. @returns false if none does. */
  deliver(path: string, parameters: URLSearchParams): Promise<boolean>;
  /** The user or the network is back: failed renewals are retried. */
  rouse(): void;
  /** Client secrets that this window lacked might be stored now. */
  credentialsChanged(): void;
  record(activity: Activity): void;
  activities(): Promise<readonly Activity[]>;
  /** Waits a few seconds for a running refresh, then leaves the other windows. */
  dispose(): Promise<void>;
}

/**
 * What a window asks again when its leader has gone. A repeated refresh is shared or gets the same result. The others
 * only read. Not a sign-in: the next leader must know that it is repeated.
 */
const repeatable = [
  'renew',
  'derive',
  'put',
  'remove',
  'list',
  'give',
  'rouse',
  'keepSignOut',
  'forgetSignOut',
  'troubles',
  'activities',
] as const;

export function shareGrants(options: SharingOptions): Sharing {
  const { cache, clock, log, providers, memories } = options;
  let ownName: string | undefined;
  /** Of this window among the others. Loading what makes it takes longer than everything else at the start. */
  const name = (): string => (ownName ??= crypto.randomUUID());
  const joined = Promise.withResolvers<Windows>();
  const windows = joined.promise;
  const leading: Leading = { now: undefined };
  const comparing = createComparing(cache, clock, log);
  const handOver = createHandOver(clock, providers, memories);
  const sync = createGrantSync({ cache, log, comparing, windows, leading: () => leading.now });
  const renewals = createRenewals({ cache, clock, log, providers, windows, sync });

  /** The leader knows more than it tells, also itself. */
  const hear = async (grantId: string, trouble: ToldTrouble | null): Promise<void> => {
    const grant = await cache.get(grantId);
    if (!leading.now) memories.hear(grantId, grant?.tokens.serial ?? 0, trouble);
  };
  const learnTroubles = async (group: Windows): Promise<void> => {
    const known = received(troublesSchema, await group.leader.troubles());
    for (const [grantId, trouble] of known) await hear(grantId, trouble);
  };

  const join = async (): Promise<Windows> => {
    const parts = { ...options, name, leading, comparing, hear, handOver, sync, windows };
    const joinWindows = await options.loadTransport();
    const group = joinWindows({
      directory: options.directory,
      serve: createServing(parts),
      window: thisWindow(parts),
      idempotent: repeatable,
      clock,
      log,
      ...(options.timing && { timing: options.timing }),
    });
    group.onRoleChange(role => {
      // The leader has no window to compare with: the others compare with it.
      if (role !== 'leader') memories.forgetTroubles();
      if (role === 'member') {
        void quietly(log, learnTroubles(group), 'the leader did not tell of its troubles');
        comparing.start(group.leader);
      } else comparing.stop();
    });
    return group;
  };
  join().then(joined.resolve, joined.reject);
  const overdue = watchOverdue({ ...options, leading, windows, renew: renewals.renew });
  windows.catch(() => log.error('the way to the other windows could not be loaded'));

  /** The sign-ins that are being taken over. */
  const adding = new Set<Promise<Added>>();
  const add = async (provider: ProviderIdentity, signedIn: Grant): Promise<Added> => {
    const { id, issuer, clientId, service, terms } = provider;
    const identity = { id, issuer, clientId, service, terms };
    try {
      const asked = askLeaders(windows, (leader, again) =>
        leader.add(identity, serialiseGrant(signedIn), again),
      );
      const adopted = sync.adopt(await inTime(clock, leaderTimeout, asked));
      if (adopted) return { grant: adopted.grant, stored: await adopted.stored };
    } catch (error) {
      log.warn('the leading window did not take a sign-in over; it is kept here', {
        provider: id,
        reason: errorName(error),
      });
    }
    return addGrant(cache, provider, signedIn);
  };
  return {
    memories,
    signOuts: createSignOuts({ ...options.signOuts, clock, log, windows }),
    ...renewals,

    add(provider, signedIn) {
      const added = add(provider, signedIn);
      adding.add(added);
      return added.finally(() => adding.delete(added));
    },

    async deliver(path, parameters) {
      if (options.deliver(path, parameters)) return true;
      try {
        return (await (await windows).broadcast.deliver(path, [...parameters])).some(isYes);
      } catch {
        log.debug('a response could not be offered to the other windows');
        return false;
      }
    },

    credentialsChanged() {
      memories.secretsChanged();
      leading.now?.refresher.reconsider();
    },
    rouse: overdue.rouse,
    record(entry) {
      const recorded = windows.then(group => group.leader.record([entry]));
      void quietly(log, recorded, 'an entry of the activity log was lost');
    },
    activities: async () => received(activitiesSchema, await (await windows).leader.activities()),

    async dispose() {
      overdue.stop();
      comparing.stop();
      const refresher = leading.now?.refresher;
      refresher?.dispose();
      const told = inTime(clock, leavingWithin, everythingTold(cache, sync, adding, refresher));
      await quietly(log, told, 'left while something was under way');
      sync.stop();
      await (await windows).dispose();
    },
  };
}

/**
 * Asks one leader after the other, each for as long as it leads. @param ask `again`: the previous one might have done
 * it.
 */
async function askLeaders<T>(
  windows: Promise<Windows>,
  ask: (leader: Windows['leader'], again: boolean) => Promise<T>,
): Promise<T> {
  const { leader } = await windows;
  for (let asked = 1; ; asked++) {
    try {
      return await ask(leader, asked > 1);
    } catch (error) {
      if (!(error instanceof LeaderLost) || asked === mostLeaders) throw error;
    }
  }
}

/** Resolves when no announcement is pending that the other windows would miss. */
async function everythingTold(
  cache: GrantCache,
  sync: GrantSync,
  adding: ReadonlySet<Promise<Added>>,
  refresher: TokenRefresher | undefined,
): Promise<void> {
  await refresher?.idle();
  await Promise.allSettled(adding);
  await Promise.all([cache.written(), sync.everythingTold()]);
}
