import { secondsNow, type Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Ownership } from '../../windows/group.ts';
import { within } from '../../windows/patience.ts';
import type { Timing } from '../../windows/seat.ts';
import { activityOf, type Activity, type ActivityLog, type Recorder } from '../activity.ts';
import { addGrant, type Added } from '../store/addGrant.ts';
import { createComparing } from './comparison.ts';
import { callForSignIn } from './attention.ts';
import { serialiseGrant, type Grant } from '../grant/grant.ts';
import type { GrantCache } from '../store/grantCache.ts';
import { createHandOver } from './handOver.ts';
import { createTokenRefresher, type TokenRefresher } from '../refresh/tokenRefresher.ts';
import type { RefresherOptions, TokenServer } from '../refresh/refresherOptions.ts';
import { createLeaving, isYes, leavingWithin } from './leaving.ts';
import { ownerCalls } from './owner.ts';
import {
  activitiesSchema,
  canRenewSchema,
  received,
  removalSchema,
  responseSchema,
  troubleSchema,
  troublesSchema,
} from './received.ts';
import { createRenewals, ownerPatience, type Renewals } from './renewals.ts';
import type { ProviderIdentity } from '../../providers/entries/origin.ts';
import { createGrantSync } from './grantSync.ts';
import { createTroubles, type Troubles } from '../refresh/troubles.ts';
import type { Broadcast, JoinWindows, WindowCalls, Windows } from './windowCalls.ts';

export interface SharingOptions {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly providers: RefresherOptions['providers'];
  readonly server: TokenServer;
  readonly activity: ActivityLog;
  /** Where windows meet, see `joinWindows`. */
  readonly directory: string;
  readonly timing?: Partial<Timing>;
  /** The way to join the others, which may take a while to load. */
  findWayToJoin(): Promise<JoinWindows>;
  /** True if the person is looking at this window. */
  isFocused(): boolean;
  /** A random number from 0 to 1, for jitter. */
  random(): number;
  /** Told of tokens that arrived for a grant that was signed out meanwhile: nobody will use them. */
  onOrphaned(grant: Grant, tokens: Tokens): void;
  /** Tells the person, once for all windows, that a grant needs them. */
  showSignInNeeded(grant: Grant): void;
  /** Hands a redirect response to the sign-in in this window that waits for it, if one does. */
  deliver(path: string, parameters: URLSearchParams): boolean;
}

/**
 * The grants of all windows of this computer. Every window has a cache of its own, from which it answers; one of
 * them, the owner, keeps the tokens fresh. What changes in one cache is told to the owner, which tells everybody.
 *
 * Two caches never stay different: of two copies of a grant the higher revision wins, a removal wins over any of the
 * same sign-in, and whenever a window finds an owner the two compare all that they know.
 */
export interface Sharing extends Renewals {
  /** The grants whose tokens cannot be renewed for now, as the owner has told. */
  readonly troubles: Pick<Troubles, 'get' | 'onDidChange'>;
  /** As {@link addGrant}, by the owner if there is one in time. */
  add(provider: ProviderIdentity, signedIn: Grant): Promise<Added>;
  /** Hands a redirect response to whichever window waits for it. @returns false if none does. */
  deliver(path: string, parameters: URLSearchParams): Promise<boolean>;
  /** Client secrets that this window had not may be stored now. */
  credentialsChanged(): void;
  record(activity: Activity): void;
  activities(): Promise<readonly Activity[]>;
  /** Lets a refresh that is under way end, for a few seconds at most, and leaves the other windows. */
  dispose(): Promise<void>;
}

/** How long a new owner listens to the others before it sends a token that may be spent, in milliseconds. */
const listening = 1000;
/** How long a request waits until the others know that it is about to be sent, in milliseconds. */
const tellingWithin = 1000;

interface Tenure {
  readonly refresher: TokenRefresher;
  readonly broadcast: Broadcast;
}

export function shareGrants(options: SharingOptions): Sharing {
  const { cache, clock, log, providers, server, random, activity } = options;
  let ownName: string | undefined;
  /** Of this window among the others. Loading what makes it takes longer than everything else at the start. */
  const name = (): string => (ownName ??= crypto.randomUUID());
  /** While this window is the owner. */
  let tenure: Tenure | undefined;
  let earlierRequests = Promise.resolve();
  const comparing = createComparing(cache, clock, log);
  const troubles = createTroubles();
  const handOver = createHandOver(clock, providers, server);

  const late = (): Error => new Error('The other windows did not answer in time.');
  const inTime = <T>(milliseconds: number, promise: Promise<T>): Promise<T> =>
    within(clock, milliseconds, promise, late);
  const quietly = (promise: Promise<unknown>, what: string): Promise<unknown> =>
    promise.catch((error: unknown) =>
      log.debug(what, { reason: error instanceof Error ? error.name : 'unknown' }),
    );

  const windows: Promise<Windows> = options.findWayToJoin().then(join => {
    const group = join({
      directory: options.directory,
      createOwner,
      window: windowCalls(),
      // A refresh that is asked for twice is shared or answered with its result, and the same sign-in twice is the
      // same as once; the rest is for reading.
      idempotent: ['renew', 'derive', 'add', 'put', 'remove', 'list', 'give', 'troubles', 'activities'],
      clock,
      log,
      ...(options.timing && { timing: options.timing }),
    });
    group.onRoleChange(role => {
      // The owner has nobody to compare with: the others compare with it.
      troubles.clear();
      if (role === 'member') void quietly(learnTroubles(group), 'the owner did not tell of its troubles');
      if (role === 'member') comparing.start(group.owner);
      else comparing.stop();
    });
    return group;
  });
  windows.catch(() => log.error('the way to the other windows could not be loaded'));

  const sync = createGrantSync({ cache, log, comparing, windows, broadcast: () => tenure?.broadcast });
  const renewals = createRenewals({ cache, clock, log, windows, sync });
  const show = (grant: Grant): void => options.showSignInNeeded(grant);

  const record: Recorder = (event, grant, reason) =>
    activity.record([activityOf(event, grant, secondsNow(clock), reason)]);

  function createOwner({ isCurrent, formerOwnerMayLive, signal, broadcast, giveUp }: Ownership<WindowCalls>) {
    const leaving = createLeaving({
      cache,
      clock,
      log,
      handOver,
      sync,
      broadcast,
      giveUp,
      refresher: () => refresher,
    });
    const heardOthers = Promise.withResolvers<void>();
    const cancel = clock.after(listening, heardOthers.resolve);
    const refresher = createTokenRefresher({
      cache,
      clock,
      log,
      providers,
      random,
      server: {
        ...server,
        async refresh(provider, grant, beforeSending, derived) {
          // Whoever owns next must know that this token may be spent.
          await quietly(inTime(tellingWithin, sync.told(grant.id)), 'a window is slow');
          return handOver.refresh(provider, grant, beforeSending, derived);
        },
      },
      ownership: {
        isOwner: isCurrent,
        formerOwnerMayLive,
        // One of them may be this window as it was: a request of its earlier ownership comes to its end first.
        heardOthers: () => Promise.all([heardOthers.promise, earlierRequests]),
        leaveToOthers: leaving.leaveToOthers,
      },
      reports: {
        onRefreshed: (grant, derived) =>
          record('refresh', derived ? { ...grant, grantedScopes: derived } : grant),
        onTrouble: (grant, reason) => record('failure', grant, reason),
        onTroubleChange(grantId, trouble) {
          if (!isCurrent() || !troubles.set(grantId, trouble)) return;
          void quietly(
            broadcast.troubleChanged(grantId, trouble ?? null),
            'a trouble was told to not every window',
          );
        },
        onOrphaned: (grant, tokens) => options.onOrphaned(grant, tokens),
        onSignInNeeded(grant) {
          record('failure', grant, grant.signInNeeded?.reason);
          void callForSignIn({ clock, log, windows, name: name(), show }, grant);
        },
      },
    });
    tenure = { refresher, broadcast };
    const current = tenure;
    signal.addEventListener('abort', () => {
      if (tenure === current) tenure = undefined;
      refresher.dispose();
      earlierRequests = refresher.idle();
      cancel();
      heardOthers.resolve();
    });
    return ownerCalls({ cache, refresher, activity, troubles, ...leaving });
  }

  function windowCalls(): WindowCalls {
    return {
      grantChanged: text => void sync.adopt(text),
      grantRemoved: told => void sync.adoptRemoval(received(removalSchema, told)),
      storageAnswers: () => cache.answers(),
      async canRenew(...asked) {
        const [grantId] = received(canRenewSchema, asked);
        const grant = await cache.get(grantId);
        return grant !== undefined && handOver.canRenew(grant) && cache.answers();
      },
      troubleChanged(...told) {
        const [grantId, trouble] = received(troubleSchema, told);
        troubles.set(grantId, trouble ?? undefined);
      },
      compare: () => comparing.again(),
      presence: async () => ({ window: name(), focused: options.isFocused() && (await cache.answers()) }),
      signInNeeded(window, grantId) {
        if (window === name()) void showSignInNeeded(grantId);
      },
      deliver(...offered) {
        const [path, parameters] = received(responseSchema, offered);
        return options.deliver(path, new URLSearchParams(parameters));
      },
    };
  }

  async function learnTroubles(group: Windows): Promise<void> {
    const known = received(troublesSchema, await group.owner.troubles());
    for (const [grantId, trouble] of known) troubles.set(grantId, trouble);
  }

  async function showSignInNeeded(grantId: string): Promise<void> {
    const grant = await cache.get(grantId);
    if (grant?.signInNeeded) show(grant);
  }

  return {
    troubles,
    ...renewals,

    async add(provider, signedIn) {
      const { id, issuer, clientId, service } = provider;
      try {
        const group = await inTime(ownerPatience, windows);
        const text = await inTime(
          ownerPatience,
          group.owner.add({ id, issuer, clientId, service }, serialiseGrant(signedIn)),
        );
        const adopted = sync.adopt(text);
        if (adopted) return { grant: adopted.grant, stored: await adopted.stored };
      } catch (error) {
        log.warn('the owning window did not take a sign-in over; it is kept here', {
          provider: id,
          reason: error instanceof Error ? error.name : 'unknown',
        });
      }
      return addGrant(cache, provider, signedIn);
    },

    async deliver(path, parameters) {
      if (options.deliver(path, parameters)) return true;
      try {
        const group = await windows;
        const outcomes = await group.broadcast.deliver(path, [...parameters]);
        return outcomes.some(isYes);
      } catch {
        log.debug('a response could not be offered to the other windows');
        return false;
      }
    },

    credentialsChanged: () => handOver.credentialsChanged(),
    record(entry) {
      void quietly(
        windows.then(group => group.owner.record([entry])),
        'an entry of the activity log was lost',
      );
    },
    activities: async () => received(activitiesSchema, await (await windows).owner.activities()),

    async dispose() {
      comparing.stop();
      const refresher = tenure?.refresher;
      refresher?.dispose();
      const everythingTold = async (): Promise<void> => {
        await refresher?.idle();
        await Promise.all([cache.written(), sync.everythingTold()]);
      };
      await quietly(inTime(leavingWithin, everythingTold()), 'left while something was under way');
      sync.stop();
      await (await windows).dispose();
    },
  };
}
