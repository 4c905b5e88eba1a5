import { secondsNow, type Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Leader } from '../../windows/leader.ts';
import { afterListening } from '../../windows/timeouts.ts';
import { activityOf, type ActivityLog, type Recorder } from '../activity.ts';
import { endedReason } from '../grant/ending.ts';
import type { Grant } from '../grant/grant.ts';
import type { RefresherOptions, TokenServer } from '../refresh/refresherOptions.ts';
import { createTokenRefresher, type TokenRefresher } from '../refresh/refresher.ts';
import { toldOf, type Memories } from '../refresh/memories.ts';
import type { GrantCache } from '../store/grantCache.ts';
import type { GrantSync } from './grantSync.ts';
import { createLeaving, type HandOver } from './handOver.ts';
import { leaderCalls, type LeaderCalls } from './leaderCalls.ts';
import { createSignOutTeller, type SignOutServices } from './signOutTeller.ts';
import { inTime, quietly, type WindowCalls, type Windows } from './windowCalls.ts';
import type { Sendings } from '../../protocol/server/sendings.ts';

/** What there is while this window leads, for those who do otherwise then. */
export interface Leading {
  now:
    ({ readonly refresher: TokenRefresher } & Pick<Leader<WindowCalls>, 'broadcast' | 'others'>) | undefined;
}

export interface LeadingOptions {
  readonly leading: Leading;
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly activity: ActivityLog;
  readonly sendings: Sendings;
  readonly providers: RefresherOptions['providers'];
  readonly server: TokenServer;
  readonly signOuts: SignOutServices;
  readonly memories: Memories;
  readonly handOver: HandOver;
  readonly sync: GrantSync;
  readonly windows: Promise<Windows>;
  /** Of this window, as `presence` tells it. */
  name(): string;
  onOrphaned(grant: Grant, tokens: Tokens): void;
  /** Shows the user here that a grant needs them. */
  showSignInNeeded(grant: Grant): void;
}

/** How long a new leader listens to the others before it sends a token that might be spent, in milliseconds. */
const listening = 1000;
/** How long a request waits until the others know that it is about to be sent, in milliseconds. */
const syncTimeout = 1000;

/** @returns what keeps the tokens of all windows fresh, for each lease of this window: see `Service`. */
export function createServing(options: LeadingOptions): (leader: Leader<WindowCalls>) => LeaderCalls {
  const { leading, cache, clock, log, providers, server, activity, memories, sync } = options;
  let earlierRequests = Promise.resolve();

  const record: Recorder = (event, grant, reason) =>
    activity.record([activityOf(event, grant, secondsNow(clock), reason, options.sendings)]);

  return ({ isCurrent, formerMayLive, lost, broadcast, others, giveUp }) => {
    const refresherNow = (): TokenRefresher => refresher;
    const leaving = createLeaving({ ...options, broadcast, giveUp, refresher: refresherNow });
    memories.forgetTroubles();
    const heardOthers = Promise.withResolvers<void>();
    const teller = createSignOutTeller({ ...options, ...options.signOuts, record, isLeader: isCurrent });
    const cancel = afterListening(clock, listening, heardOthers.resolve);
    // One of them might be this window's former self: a request of its earlier lease ends first.
    const heard = () => Promise.all([heardOthers.promise, earlierRequests]);
    const refresher = createTokenRefresher({
      cache,
      clock,
      log,
      providers,
      memories,
      server: {
        ...server,
        async refresh(provider, grant, beforeSending, derived) {
          // The next leader must know that this token might be spent.
          await quietly(log, inTime(clock, syncTimeout, sync.told(grant.id)), 'a window is slow');
          return server.refresh(provider, grant, beforeSending, derived);
        },
      },
      lease: {
        isLeader: isCurrent,
        formerLeaderMayLive: formerMayLive,
        heardOthers: heard,
        leaveToOthers: leaving.leaveToOthers,
      },
      reports: {
        onRefreshed(grant, derived) {
          record('refresh', derived ? { ...grant, grantedScopes: derived } : grant);
          teller.reached(grant.binding.issuer);
        },
        onTrouble: (grant, reason) => record('failure', grant, reason),
        onOrphaned: (grant, tokens) => options.onOrphaned(grant, tokens),
        onSignInNeeded(grant) {
          record('failure', grant, grant.signInNeeded?.reason ?? endedReason());
          void callForSignIn(options, grant);
        },
      },
    });
    const stopReporting = memories.onDidChange(grantId => {
      const told = broadcast.troubleChanged(grantId, toldOf(memories.of(grantId)));
      void quietly(log, told, 'a trouble was told to not every window');
    });
    const now = { refresher, broadcast, others };
    leading.now = now;
    // The previous leader might have stored what it couldn't announce.
    void cache.lookAgain();
    lost.addEventListener('abort', () => {
      if (leading.now === now) leading.now = undefined;
      stopReporting();
      refresher.dispose();
      teller.dispose();
      earlierRequests = refresher.idle();
      cancel();
      heardOthers.resolve();
    });
    const parts = { cache, refresher, activity, memories, teller, isCurrent, heardOthers: heard };
    return leaderCalls({ ...parts, ...leaving });
  };
}

/** Shows the user once that a grant needs them: in the focused window, otherwise in this one. */
async function callForSignIn(
  { log, windows, name, showSignInNeeded }: LeadingOptions,
  grant: Grant,
): Promise<void> {
  try {
    const group = await windows;
    const outcomes = await group.broadcast.presence();
    const present = outcomes.flatMap(outcome => ('value' in outcome ? [outcome.value] : []));
    const looking = present.find(({ focused }) => focused)?.window ?? name();
    if (looking !== name()) {
      await group.broadcast.signInNeeded(looking, grant.id);
      return;
    }
  } catch {
    log.debug('the other windows could not be asked which one the person looks at');
  }
  showSignInNeeded(grant);
}
