import { secondsNow, type Cancel, type Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Ownership } from '../windows/group.ts';
import { within } from '../windows/patience.ts';
import type { Timing } from '../windows/seat.ts';
import { activityOf, type Activity, type ActivityLog, type Recorder } from './activity.ts';
import { addGrant, type Added } from './addGrant.ts';
import { createComparing } from './comparison.ts';
import { parseGrant, serialiseGrant, type Grant } from './grant.ts';
import type { GrantBook } from './grantBook.ts';
import { createKeeper, type Keeper, type KeeperOptions } from './keeper.ts';
import { ownerCalls } from './owner.ts';
import {
  activitiesSchema,
  received,
  removalSchema,
  renewalSchema,
  responseSchema,
  troubleSchema,
  troublesSchema,
} from './received.ts';
import type { ProviderIdentity } from './sessions.ts';
import { createTroubles, type Troubles } from './troubles.ts';
import type { JoinWindows, WindowCalls, Windows } from './windowCalls.ts';

/** What the keeper needs that is not a matter of who owns. */
export type KeeperNeeds = Omit<
  KeeperOptions,
  | 'book'
  | 'clock'
  | 'log'
  | 'isOwner'
  | 'heardOthers'
  | 'onRefreshed'
  | 'onTrouble'
  | 'onTroubleChange'
  | 'onSignInNeeded'
>;

export interface SharingOptions {
  readonly book: GrantBook;
  readonly clock: Clock;
  readonly log: Log;
  readonly keeper: KeeperNeeds;
  readonly activity: ActivityLog;
  /** Where windows meet, see `joinWindows`. */
  readonly directory: string;
  readonly timing?: Partial<Timing>;
  /** The way to join the others, which may take a while to load. */
  findWayToJoin(): Promise<JoinWindows>;
  /** True if the person is looking at this window. */
  isFocused(): boolean;
  /** Tells the person, once for all windows, that a grant needs them. */
  showSignInNeeded(grant: Grant): void;
  /** Hands a redirect response to the sign-in in this window that waits for it, if one does. */
  deliver(path: string, parameters: URLSearchParams): boolean;
}

/**
 * The grants of all windows of this computer. Every window has a book of its own, from which it answers; one of
 * them, the owner, keeps the tokens fresh. What changes in one book is told to the owner, which tells everybody.
 *
 * Two books never stay different: of two copies of a grant the higher revision wins, a removal wins over any of
 * them, and whenever a window finds an owner the two compare all that they know.
 */
export interface Sharing {
  /** As the keeper's, wherever that is. Answers with what this window has if there is no owner in time. */
  renew(grantId: string, serial: number, urgent?: boolean): Promise<Grant | undefined>;
  /** The grants whose tokens cannot be renewed for now, as the owner has told. */
  readonly troubles: Pick<Troubles, 'get' | 'onDidChange'>;
  /** As {@link addGrant}, by the owner if there is one in time. */
  add(provider: ProviderIdentity, signedIn: Grant): Promise<Added>;
  /** Hands a redirect response to whichever window waits for it. @returns false if none does. */
  deliver(path: string, parameters: URLSearchParams): Promise<boolean>;
  record(activity: Activity): void;
  activities(): Promise<readonly Activity[]>;
  /** Lets a refresh that is under way end, for a few seconds at most, and leaves the other windows. */
  dispose(): Promise<void>;
}

/** How long an answer waits for the owner, in milliseconds. */
const patience = 20_000;
/** How long a new owner listens to the others before it sends a token that may be spent, in milliseconds. */
const listening = 1000;
/** How long a request waits until the others know that it is about to be sent, in milliseconds. */
const telling = 1000;
/** How long leaving waits for a refresh that is under way, in milliseconds. */
const leavingWithin = 4000;

interface Tenure {
  readonly keeper: Keeper;
  readonly broadcast: Ownership<WindowCalls>['broadcast'];
}

export function shareGrants(options: SharingOptions): Sharing {
  const { book, clock, log, activity } = options;
  const name = crypto.randomUUID();
  /** While this window is the owner. */
  let tenure: Tenure | undefined;
  /** What the owner has told last of each grant: not to be told back to it. */
  const heard = new Map<string, number>();
  /** Of each grant, the telling under way. */
  const tellings = new Map<string, Promise<unknown>>();
  const renewals = new Map<string, Promise<Grant | undefined>>();
  const comparing = createComparing(book, clock, log);
  const troubles = createTroubles();

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
      // A refresh that is asked for twice is shared or answered with its result; the rest is for reading.
      idempotent: ['renew', 'put', 'remove', 'list', 'give', 'troubles', 'activities'],
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

  const record: Recorder = (event, grant, reason) =>
    activity.record([activityOf(event, grant, secondsNow(clock), reason)]);

  function createOwner({ isCurrent, signal, broadcast }: Ownership<WindowCalls>) {
    const heardOthers = Promise.withResolvers<void>();
    const cancel = clock.after(listening, heardOthers.resolve);
    const keeper = createKeeper({
      ...options.keeper,
      book,
      clock,
      log,
      isOwner: isCurrent,
      heardOthers: () => heardOthers.promise,
      async refresh(grant, beforeSending) {
        // Whoever owns next must know that this token may be spent.
        await quietly(inTime(telling, tellings.get(grant.id) ?? Promise.resolve()), 'a window is slow');
        return options.keeper.refresh(grant, beforeSending);
      },
      onRefreshed: grant => record('refresh', grant),
      onTrouble: (grant, reason) => record('failure', grant, reason),
      onTroubleChange(grantId, trouble) {
        if (!isCurrent() || !troubles.set(grantId, trouble)) return;
        void quietly(
          broadcast.troubleChanged(grantId, trouble ?? null),
          'a trouble was told to not every window',
        );
      },
      onSignInNeeded(grant) {
        record('failure', grant, grant.signInNeeded?.reason);
        void tellSignInNeeded(grant);
      },
    });
    tenure = { keeper, broadcast };
    const current = tenure;
    signal.addEventListener('abort', () => {
      if (tenure === current) tenure = undefined;
      keeper.dispose();
      cancel();
      heardOthers.resolve();
    });
    return ownerCalls(book, keeper, activity, troubles);
  }

  function windowCalls(): WindowCalls {
    return {
      grantChanged: text => void adopt(text),
      grantRemoved(told) {
        const removal = received(removalSchema, told);
        heard.set(removal.id, Infinity);
        void book.adoptRemoval(removal);
      },
      troubleChanged(...told) {
        const [grantId, trouble] = received(troubleSchema, told);
        troubles.set(grantId, trouble ?? undefined);
      },
      compare: () => comparing.again(),
      presence: () => ({ window: name, focused: options.isFocused() }),
      signInNeeded(window, grantId) {
        if (window === name) void showSignInNeeded(grantId);
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

  /** Takes over what another window has told. */
  function adopt(text: string): { grant: Grant; stored: Promise<boolean> } | undefined {
    const parsed = parseGrant(text);
    if (parsed.kind !== 'grant') {
      log.warn('another window has a grant that cannot be used here', { kind: parsed.kind });
      return undefined;
    }
    heard.set(parsed.grant.id, parsed.grant.revision);
    return { grant: parsed.grant, stored: book.put(parsed.grant) };
  }

  const tellAbout = (id: string, promise: Promise<unknown>): void => {
    const told = quietly(promise, 'a change reached not every window; they will compare');
    tellings.set(id, told);
    void told.finally(() => {
      if (tellings.get(id) === told) tellings.delete(id);
    });
  };

  const watching: Cancel[] = [
    book.onDidChange(({ after }) => {
      if (!after) return;
      const text = serialiseGrant(after);
      if (tenure) tellAbout(after.id, tenure.broadcast.grantChanged(text));
      else if (heard.get(after.id) !== after.revision)
        tellAbout(
          after.id,
          windows.then(group => group.owner.put(text)),
        );
    }),
    book.onDidRemove(removal => {
      if (tenure) tellAbout(removal.id, tenure.broadcast.grantRemoved(removal));
      else if (heard.get(removal.id) !== Infinity)
        tellAbout(
          removal.id,
          windows.then(group => group.owner.remove([removal])),
        );
    }),
    book.onDidMiss(() => {
      if (tenure)
        void quietly(tenure.broadcast.compare(), 'the other windows cannot be asked for what is missing');
      else comparing.again();
    }),
  ];

  async function renewByOwner(id: string, serial: number, urgent: boolean): Promise<Grant | undefined> {
    const group = await windows;
    for (let tries = 0; tries < 2; tries++) {
      const mine = await book.get(id);
      if (!mine) return undefined;
      const answer = received(renewalSchema, await group.owner.renew(id, serial, mine.revision, urgent));
      if (answer.kind === 'grant') {
        const adopted = adopt(answer.text)?.grant;
        const known = await book.get(id);
        return known && adopted && known.revision < adopted.revision ? adopted : known;
      }
      if (answer.kind === 'removed') {
        heard.set(id, Infinity);
        await book.adoptRemoval(answer.removal);
        return undefined;
      }
      await group.owner.put(serialiseGrant(mine));
    }
    return book.get(id);
  }

  async function showSignInNeeded(grantId: string): Promise<void> {
    const grant = await book.get(grantId);
    if (grant?.signInNeeded) options.showSignInNeeded(grant);
  }

  async function tellSignInNeeded(grant: Grant): Promise<void> {
    try {
      const group = await windows;
      const present = (await inTime(patience, group.broadcast.presence())).flatMap(outcome =>
        'value' in outcome ? [outcome.value] : [],
      );
      const looking = present.find(({ focused }) => focused)?.window ?? name;
      if (looking !== name) {
        await group.broadcast.signInNeeded(looking, grant.id);
        return;
      }
    } catch {
      log.debug('the other windows could not be asked which one the person looks at');
    }
    options.showSignInNeeded(grant);
  }

  return {
    troubles,
    async renew(id, serial, urgent = false) {
      const mine = await book.get(id);
      if (!mine || mine.tokens.serial > serial) return mine;
      const running = renewals.get(id);
      if (running) return running;
      const renewal = inTime(patience, renewByOwner(id, serial, urgent))
        .catch((error: unknown) => {
          log.warn('the owning window did not renew a token', {
            provider: mine.providerId,
            reason: error instanceof Error ? error.name : 'unknown',
          });
          return book.get(id);
        })
        .finally(() => renewals.delete(id));
      renewals.set(id, renewal);
      return renewal;
    },

    async add(provider, signedIn) {
      const { id, issuer, clientId, machine } = provider;
      try {
        const group = await inTime(patience, windows);
        const text = await inTime(
          patience,
          group.owner.add({ id, issuer, clientId, machine }, serialiseGrant(signedIn)),
        );
        const adopted = adopt(text);
        if (adopted) return { grant: adopted.grant, stored: await adopted.stored };
      } catch (error) {
        log.warn('the owning window did not take a sign-in over; it is kept here', {
          provider: id,
          reason: error instanceof Error ? error.name : 'unknown',
        });
      }
      return addGrant(book, provider, signedIn);
    },

    async deliver(path, parameters) {
      if (options.deliver(path, parameters)) return true;
      try {
        const group = await windows;
        const outcomes = await group.broadcast.deliver(path, [...parameters]);
        return outcomes.some(outcome => 'value' in outcome && outcome.value);
      } catch {
        log.debug('a response could not be offered to the other windows');
        return false;
      }
    },

    record(entry) {
      void quietly(
        windows.then(group => group.owner.record([entry])),
        'an entry of the activity log was lost',
      );
    },
    activities: async () => received(activitiesSchema, await (await windows).owner.activities()),

    async dispose() {
      comparing.stop();
      const keeper = tenure?.keeper;
      keeper?.dispose();
      const everythingTold = async (): Promise<void> => {
        await keeper?.idle();
        await Promise.all([book.written(), ...tellings.values()]);
      };
      await quietly(inTime(leavingWithin, everythingTold()), 'left while something was under way');
      for (const end of watching) end();
      await (await windows).dispose();
    },
  };
}
