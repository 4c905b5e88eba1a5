import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Outcome } from '../../windows/calls.ts';
import { within } from '../../windows/patience.ts';
import type { Grant } from '../grant/grant.ts';
import type { GrantCache } from '../store/grantCache.ts';
import type { HandOver } from './handOver.ts';
import type { TokenRefresher } from '../refresh/tokenRefresher.ts';
import type { GrantSync } from './grantSync.ts';
import type { Broadcast } from './windowCalls.ts';

/** How long leaving waits for a refresh that is under way, in milliseconds. */
export const leavingWithin = 4000;

export const isYes = (outcome: Outcome): boolean => 'value' in outcome && outcome.value === true;

/** When the owner leaves its ownership to another window, though its own goes on. */
export interface Leaving {
  /** See `RefresherOptions`. */
  leaveToOthers(): Promise<boolean>;
  /** See `HandOver.during`. */
  leaveToAble(grant: Grant): Promise<boolean>;
}

export interface LeavingOptions {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly handOver: HandOver;
  readonly sync: GrantSync;
  readonly broadcast: Broadcast;
  readonly giveUp: () => void;
  /** That of this ownership. */
  refresher(): TokenRefresher;
}

export function createLeaving(options: LeavingOptions): Leaving {
  const { cache, clock, log, handOver, sync, broadcast, giveUp, refresher } = options;

  const settle = async (): Promise<boolean> => {
    await refresher().idle();
    await sync.everythingTold();
    // A request that began while the others were told comes to its end too.
    await refresher().idle();
    return true;
  };

  return {
    /**
     * An extension host lives on for hours after its window has gone, in case it comes back. What it stores is lost
     * then, and in the editor's network, which asks the window for the proxy, its requests hang.
     */
    async leaveToOthers() {
      if (await cache.answers()) return false;
      const outcomes = await broadcast.storageAnswers();
      if (!outcomes.some(isYes)) return false;
      log.warn('the secret storage of this window does not answer: another window takes over');
      giveUp();
      return true;
    },
    leaveToAble: handOver.during({
      othersCanRenew: async id => (await broadcast.canRenew(id)).some(isYes),
      settled: () =>
        within(clock, leavingWithin, settle(), () => new Error('A request takes long.')).catch(() => false),
      leave() {
        log.info('another window can renew what this one cannot, and takes over');
        giveUp();
      },
    }),
  };
}
