import { secondsNow, type Clock } from '../../platform/clock.ts';
import { whileRunning } from '../../platform/once.ts';
import type { Log } from '../../platform/log.ts';
import type { Outcome } from '../../windows/calls.ts';
import { canRenewHere, isEndedByServer } from '../grant/fate.ts';
import { isRenewable, type Grant } from '../grant/grant.ts';
import type { Memories } from '../refresh/memories.ts';
import type { TokenRefresher } from '../refresh/refresher.ts';
import type { RefresherOptions } from '../refresh/refresherOptions.ts';
import type { GrantCache } from '../store/grantCache.ts';
import type { GrantSync } from './grantSync.ts';
import { inTime, type Broadcast } from './windowCalls.ts';

export interface LeavableLease {
  othersCanRenew(grantId: string): Promise<boolean>;
  /** Resolves when no operation is pending that the next leader would repeat, or with false if that takes long. */
  settled(): Promise<boolean>;
  leave(): void;
}

/**
 * In seconds: a window gives up its lease for this only once in that time, and asks the others about each grant only
 * once in that time. This keeps windows that can each renew some of the grants from taking over from each other all the
 * time.
 */
const pause = 60;

/**
 * Which grants this window can renew. It lacks the provider of a grant if the extension that contributes it isn't
 * loaded here, and the client secret if each window has its own storage: other windows might have them.
 */
export type HandOver = ReturnType<typeof createHandOver>;

export function createHandOver(
  clock: Clock,
  providers: RefresherOptions['providers'],
  memories: Pick<Memories, 'of'>,
) {
  let leftAt = -Infinity;

  const canRenew = (grant: Grant): boolean => canRenewHere(grant, providers.of(grant), memories.of(grant.id));

  const isRecent = (seconds: number): boolean => Math.abs(secondsNow(clock) - seconds) < pause;

  return {
    canRenew,
    /**
     * For one lease.
     *
     * @returns a function that gives the lease to another window if that one can renew a grant that this one can't, and
     * returns whether it did.
     */
    during({ othersCanRenew, settled, leave }: LeavableLease): (grant: Grant) => Promise<boolean> {
      const tries = new Map<string, { readonly at: number; readonly left: Promise<boolean> }>();

      const leaveFor = async (id: string): Promise<boolean> => {
        if (!(await othersCanRenew(id)) || !(await settled()) || isRecent(leftAt)) return false;
        leftAt = secondsNow(clock);
        leave();
        return true;
      };

      return async grant => {
        const isOver = !isRenewable(grant) || isEndedByServer(grant);
        if (isOver || canRenew(grant) || isRecent(leftAt)) return false;
        const known = tries.get(grant.id);
        if (known && isRecent(known.at)) return known.left;
        const left = leaveFor(grant.id);
        tries.set(grant.id, { at: secondsNow(clock), left });
        return left;
      };
    },
  };
}

/** How long leaving waits for a running refresh, in milliseconds. */
export const leavingWithin = 4000;

export const isYes = (outcome: Outcome): boolean => 'value' in outcome && outcome.value === true;

export interface LeavingOptions {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly handOver: HandOver;
  readonly sync: GrantSync;
  readonly broadcast: Broadcast;
  readonly giveUp: () => void;
  /** That of this lease. */
  refresher(): TokenRefresher;
}

/** When the leader gives its lease to another window, although its own window stays open. */
export function createLeaving(options: LeavingOptions) {
  const { cache, clock, log, handOver, sync, broadcast, giveUp, refresher } = options;

  const settle = async (): Promise<boolean> => {
    await refresher().idle();
    await sync.everythingTold();
    // A request that began while the others were told comes to its end too.
    await refresher().idle();
    return true;
  };

  const shared = whileRunning<boolean>();
  return {
    /**
     * An extension host lives on for hours after its window has gone, in case it comes back. What it stores is lost
     * then, and in the editor's network, which asks the window for the proxy, its requests hang.
     */
    leaveToOthers: (): Promise<boolean> =>
      shared('', async () => {
        if (await cache.answers()) return false;
        const outcomes = await broadcast.storageAnswers();
        if (!outcomes.some(isYes)) return false;
        log.warn('the secret storage of this window does not answer: another window takes over');
        giveUp();
        return true;
      }),
    leaveToAble: handOver.during({
      othersCanRenew: async id => (await broadcast.canRenew(id)).some(isYes),
      settled: () => inTime(clock, leavingWithin, settle()).catch(() => false),
      leave() {
        log.info('another window can renew what this one cannot, and takes over');
        giveUp();
      },
    }),
  };
}
