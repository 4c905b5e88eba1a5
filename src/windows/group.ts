import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { asSent, reviveOutcomes, type Outcome } from './calls.ts';
import { GroupDisposed, OwnerLost, OwnerUnavailable } from './errors.ts';
import type { TakePart } from './part.ts';
import { within } from './patience.ts';
import type { Attachment, Tenure, Timing } from './seat.ts';

type AnyFunction = (...args: never[]) => unknown;

/** Functions of another window. Arguments and results are JSON. */
export type Remote<Functions> = {
  readonly [Name in keyof Functions]: Functions[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** Functions of all windows: one outcome for each window reached, in no order. */
export type Everywhere<Functions> = {
  readonly [Name in keyof Functions]: Functions[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Outcome<Awaited<Result>>[]>
    : never;
};

/** What a process has while it is the owner. */
export interface Ownership<WindowFunctions> {
  /** Grows with every owner; 0 if this window works alone. */
  readonly generation: number;
  /**
   * Whether no other window has taken over. Synchronous, and may read the disk: call it immediately before anything
   * that only one may do, with no `await` between. It cannot take back what was done just before another took
   * over: what must survive that has to be recorded before it is begun.
   */
  readonly isCurrent: () => boolean;
  /**
   * Whether a window lives that was the owner before: one that was silent for too long may still be about to get the
   * answer to what it sent. Synchronous, and may read the disk. Throws nothing: what cannot be read is not so.
   */
  readonly formerOwnerMayLive: () => boolean;
  /** Aborted when the ownership is over: another window took over, or this one leaves. */
  readonly signal: AbortSignal;
  /** As {@link WindowGroup.broadcast}. */
  readonly broadcast: Everywhere<WindowFunctions>;
  /** Leaves the ownership to another window; if there is none, this one takes it up again after a while. */
  readonly giveUp: () => void;
}

/** `joining`: no owner is known at this moment; calls wait. `alone`: its own owner, not shared with others. */
export type Role = 'joining' | 'owner' | 'member' | 'alone';

export interface WindowGroup<OwnerFunctions, WindowFunctions> {
  /**
   * Calls the owner, wherever it is. Rejects with
   * - RemoteError: what the owner's function threw;
   * - OwnerLost: the owner went away; not for functions named `idempotent`, which are called again at the next;
   * - OwnerUnavailable: there was no owner in time; nothing was carried out;
   * - MessageTooLarge; GroupDisposed.
   */
  readonly owner: Remote<OwnerFunctions>;
  /**
   * Calls every window, **this one and the owner's own included**. A window that does not answer in time counts
   * as failed; one that is between two owners is not reached: it learns from `onRoleChange` that it may have
   * missed something. Rejects as calls of the owner do.
   */
  readonly broadcast: Everywhere<WindowFunctions>;
  readonly role: Role;
  /** Of the owner this window is attached to; 0 if it has none or works alone. */
  readonly generation: number;
  /** Also called when one owner is followed by another. Returns what ends it. */
  onRoleChange(listener: (role: Role, generation: number) => void): () => void;
  /**
   * Leaves. An ownership is given up, and another window takes over, before this returns: let what is going on
   * come to its end first. Resolves when everything is closed.
   */
  dispose(): Promise<void>;
}

export interface WindowGroupOptions<OwnerFunctions extends object, WindowFunctions extends object> {
  /**
   * A path that is the same for all windows and of no other use. Windows that meet by sockets create a directory
   * there; to tabs of a browser it is but a name.
   */
  readonly directory: string;
  /**
   * Called each time this process becomes the owner. Calls wait until it has answered with a plain object of
   * functions. If it fails, those who wait are told, and the next call calls it again.
   */
  readonly createOwner: (ownership: Ownership<WindowFunctions>) => OwnerFunctions | Promise<OwnerFunctions>;
  /** This window's own functions: a plain object. */
  readonly window: WindowFunctions;
  /** Functions of the owner that may be carried out twice. */
  readonly idempotent?: readonly (keyof OwnerFunctions & string)[];
  readonly clock: Clock;
  readonly log: Log;
  readonly timing?: Partial<Timing>;
}

const defaultTiming: Timing = {
  unresponsiveAfter: 3000,
  heartbeat: 30_000,
  settleWithin: 10_000,
  aloneRecheck: 60_000,
};

/** A call that is fatal to whoever carries it out must not go through all windows. */
const mostRepeats = 4;

/**
 * Makes this process one of a group of windows of which exactly one is the owner. Returns at once; calls wait
 * until an owner is found. Works alone, with a line in the log, where windows cannot find each other.
 *
 * @param takePart the way in which the windows find each other.
 */
export function joinWindowsBy<OwnerFunctions extends object, WindowFunctions extends object>(
  takePart: TakePart,
  options: WindowGroupOptions<OwnerFunctions, WindowFunctions>,
): WindowGroup<OwnerFunctions, WindowFunctions> {
  const { clock, log } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const idempotent = new Set<string>(options.idempotent);
  const leaving = new AbortController();
  const listeners = new Set<(role: Role, generation: number) => void>();
  let attached: Attachment | undefined;
  let arrival = Promise.withResolvers<Attachment>();
  let trying = 'starting';

  function announce(): void {
    for (const listener of listeners) {
      try {
        listener(attached?.role ?? 'joining', attached?.generation ?? 0);
      } catch (error) {
        log.error('A listener to the role of this window failed', {
          reason: error instanceof Error ? error.name : '',
        });
      }
    }
  }

  function entered(attachment: Attachment): void {
    attached = attachment;
    arrival.resolve(attachment);
    announce();
  }

  /** Whoever notices first says so: the election, or a call that failed by it. */
  function left(attachment: Attachment): void {
    if (attached !== attachment) return;
    attached = undefined;
    arrival = Promise.withResolvers();
    announce();
  }

  async function reachOwner(what: string): Promise<Attachment> {
    if (leaving.signal.aborted) throw new GroupDisposed();
    if (attached?.isOver() === true) left(attached);
    if (attached !== undefined) return attached;
    const late = () => new OwnerUnavailable(what, timing.settleWithin, trying);
    return within(clock, timing.settleWithin, arrival.promise, late);
  }

  async function ask(
    what: string,
    repeats: number,
    call: (owner: Attachment) => Promise<unknown>,
  ): Promise<unknown> {
    for (let repeated = 0; ; repeated++) {
      const owner = await reachOwner(what);
      try {
        return await call(owner);
      } catch (error) {
        if (!(error instanceof OwnerLost)) throw error;
        left(owner);
        if (repeated === repeats) throw error;
      }
    }
  }

  const askOwner = (name: string, args: unknown[]) =>
    ask(name, idempotent.has(name) ? mostRepeats : 0, owner => owner.call(name, args));
  const askAll = async (name: string, args: unknown[]) =>
    reviveOutcomes(await ask(name, 0, owner => owner.broadcast(name, args)));

  const election = takePart({
    directory: options.directory,
    createOwner: tenure => options.createOwner(ownershipOf(tenure)),
    window: options.window,
    clock,
    log,
    timing,
    entered,
    left,
    trying: what => {
      trying = what;
    },
    leaving: leaving.signal,
  });

  return {
    owner: functionsBy<Remote<OwnerFunctions>>(askOwner),
    broadcast: functionsBy<Everywhere<WindowFunctions>>(askAll),
    get role() {
      return attached?.role ?? 'joining';
    },
    get generation() {
      return attached?.generation ?? 0;
    },
    onRoleChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async dispose() {
      listeners.clear();
      if (!leaving.signal.aborted) {
        leaving.abort(new GroupDisposed());
        arrival.promise.catch(() => undefined);
        arrival.reject(new GroupDisposed());
      }
      await election;
    },
  };

  function ownershipOf(tenure: Tenure): Ownership<WindowFunctions> {
    const { generation, signal, isCurrent, formerOwnerMayLive, giveUp } = tenure;
    const broadcast = async (name: string, args: unknown[]) =>
      reviveOutcomes(await tenure.broadcast(name, asSent(args)));
    return {
      generation,
      signal,
      isCurrent,
      formerOwnerMayLive,
      giveUp,
      broadcast: functionsBy<Everywhere<WindowFunctions>>(broadcast),
    };
  }
}

/** An object that has every function; `then` excepted, so that it can pass through an `await`. */
function functionsBy<Functions extends object>(
  call: (name: string, args: unknown[]) => Promise<unknown>,
): Functions {
  const get = (_: object, name: string | symbol): AnyFunction | undefined =>
    typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => call(name, args) : undefined;
  return new Proxy({}, { get }) as Functions;
}
