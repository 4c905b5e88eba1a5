import { aborted } from '../platform/abort.ts';
import type { Cancel } from '../platform/clock.ts';
import { createEmitter } from '../platform/emitter.ts';
import { takeTurns } from './alone.ts';
import { functionsBy, reviveOutcomes, type Everywhere, type Remote } from './calls.ts';
import { GroupDisposed, LeaderLost, LeaderUnavailable } from './errors.ts';
import { lead, type Service } from './leader.ts';
import type { Connection, Lease, Transport } from './lease.ts';
import { follow, type Member } from './member.ts';
import { defaultTiming, within, type Timing } from './timeouts.ts';

/** `joining`: no leader is known at this moment, and calls wait. `alone`: its own leader, not shared with others. */
export type Role = 'joining' | Member['role'];

export interface WindowGroup<LeaderFunctions, WindowFunctions> {
  /**
   * Calls the leader, wherever it is. Rejects with
   * - RemoteError: the error that the leader's function threw.
   * - LeaderLost: the leader went away. Functions named `idempotent` are called again at the next leader instead.
   * - LeaderUnavailable: there was no leader in time, and nothing was carried out.
   * - MessageTooLarge or GroupDisposed.
   */
  readonly leader: Remote<LeaderFunctions>;
  /**
   * Calls every window, **including this one and the leader's own**. A window that doesn't respond in time counts as
   * failed. A window between two leaders isn't reached: `onRoleChange` tells it that it might have missed something.
   * Rejects as calls of the leader do.
   */
  readonly broadcast: Everywhere<WindowFunctions>;
  readonly role: Role;
  /** The term of the leader that this window asks, or 0 if it has none or works alone. */
  readonly term: number;
  /** Also called when one leader is followed by another. */
  onRoleChange(listener: (role: Role, term: number) => void): Cancel;
  /**
   * Leaves. A lease is given up, and another window takes over, before this returns: let what is going on
   * come to its end first. Resolves when everything is closed.
   */
  dispose(): Promise<void>;
}

export interface WindowGroupOptions<
  LeaderFunctions extends object,
  WindowFunctions extends object,
> extends Omit<Service<LeaderFunctions, WindowFunctions>, 'timing'> {
  /**
   * A path that is the same for all windows and isn't used for anything else. Windows that meet through sockets
   * create a directory there. For browser tabs it is only a name.
   */
  readonly directory: string;
  /** Functions of the leader that can safely be carried out twice. */
  readonly idempotent?: readonly (keyof LeaderFunctions & string)[];
  readonly timing?: Partial<Timing>;
}

/** Limits the windows that a call can take down if it is fatal to whichever carries it out. */
const mostRepeats = 4;

/**
 * Joins a group of windows in which exactly one is the leader. Returns at once, and calls wait until a leader is
 * found. Works alone, with a line in the log, if windows can't find each other.
 */
export function joinWindows<LeaderFunctions extends object, WindowFunctions extends object>(
  transport: Transport,
  options: WindowGroupOptions<LeaderFunctions, WindowFunctions>,
): WindowGroup<LeaderFunctions, WindowFunctions> {
  const { directory, clock, log } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const idempotent = new Set<string>(options.idempotent);
  const disposing = new AbortController();
  const leaving = disposing.signal;
  const changed = createEmitter();
  let member: Member | undefined;
  let arrival = Promise.withResolvers<Member>();
  let trying = 'starting';

  const announce = (): void => {
    if (!leaving.aborted) changed.fire();
  };

  /** The first to notice reports it: the turn, or a call. */
  function left(gone: Member): void {
    if (member !== gone) return;
    member = undefined;
    arrival = Promise.withResolvers();
    announce();
  }

  async function take(turn: Lease | Connection): Promise<void> {
    const service = { ...options, timing };
    const next = 'listen' in turn ? await lead(turn, service) : follow(turn, service);
    if (next === undefined) return;
    leaving.addEventListener('abort', next.leave);
    if (leaving.aborted) next.leave();
    // Before notifying anyone, because a listener might find out at once that the turn is already over.
    const over = aborted(next.over);
    if (!next.over.aborted) {
      member = next;
      arrival.resolve(next);
      announce();
    }
    await over;
    left(next);
    leaving.removeEventListener('abort', next.leave);
  }

  async function reachLeader(what: string): Promise<Member> {
    if (leaving.aborted) throw new GroupDisposed();
    if (member?.over.aborted) left(member);
    if (member !== undefined) return member;
    const late = () => new LeaderUnavailable(what, timing.settleWithin, trying);
    return within(clock, timing.settleWithin, arrival.promise, late);
  }

  async function ask(
    what: string,
    repeats: number,
    call: (by: Member) => Promise<unknown>,
  ): Promise<unknown> {
    for (let repeated = 0; ; repeated++) {
      const asked = await reachLeader(what);
      try {
        return await call(asked);
      } catch (error) {
        if (!(error instanceof LeaderLost) || repeated === repeats) throw error;
      }
    }
  }

  const say = (what: string): void => {
    trying = what;
  };
  const turns = takeTurns(transport, { directory, clock, log, timing, leaving, trying: say }, take);
  return {
    leader: functionsBy((name, args) =>
      ask(name, idempotent.has(name) ? mostRepeats : 0, by => by.call(name, args)),
    ),
    broadcast: functionsBy(async (name, args) =>
      reviveOutcomes(await ask(name, 0, by => by.broadcast(name, args))),
    ),
    get role() {
      return member?.role ?? 'joining';
    },
    get term() {
      return member?.term ?? 0;
    },
    onRoleChange: listener =>
      changed.on(() => {
        try {
          listener(member?.role ?? 'joining', member?.term ?? 0);
        } catch (error) {
          log.error('A listener to the role of this window failed', {
            reason: error instanceof Error ? error.name : '',
          });
        }
      }),
    async dispose() {
      if (!leaving.aborted) {
        disposing.abort(new GroupDisposed());
        arrival.promise.catch(() => undefined);
        arrival.reject(new GroupDisposed());
      }
      await turns;
    },
  };
}

/** Makes a window one of a group, by whatever the windows meet: see {@link joinWindows}. */
export type Join<LeaderFunctions extends object, WindowFunctions extends object> = (
  options: WindowGroupOptions<LeaderFunctions, WindowFunctions>,
) => WindowGroup<LeaderFunctions, WindowFunctions>;
