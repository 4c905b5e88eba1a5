import type { Cancel, Clock } from '../platform/clock.ts';
import { untilAborted } from '../platform/abort.ts';
import type { Log } from '../platform/log.ts';
import { asReceived, asSent, invoke, outcomeOf, type SentOutcome } from './calls.ts';
import type { Callable, Channel } from './channel.ts';
import { codeOf, OwnerLost, OwnerUnavailable } from './errors.ts';
import { rarely, within } from './patience.ts';

/** Durations in milliseconds. */
export interface Timing {
  /** An owner, or a window in a broadcast, that is silent for this long is given up. */
  readonly unresponsiveAfter: number;
  /** An idle window looks after its owner, and an idle owner after its claim, this often. */
  readonly heartbeat: number;
  /** Calls wait this long for an owner to be found, and as long again for it to be ready. */
  readonly settleWithin: number;
  /** How often a window that works alone looks whether it could join the others. */
  readonly aloneRecheck: number;
}

/** This window's way to the owner, for as long as it lasts. */
export interface Attachment {
  readonly role: 'owner' | 'member' | 'alone';
  /** 0 if alone. */
  readonly generation: number;
  /** Known at once; `left` follows. */
  readonly isOver: () => boolean;
  /** Rejects with OwnerLost if the owner goes away after the call was sent. */
  call(name: string, args: readonly unknown[]): Promise<unknown>;
  /** What {@link SentOutcome} describes, one for each window. Rejects as `call` does. */
  broadcast(name: string, args: readonly unknown[]): Promise<unknown>;
}

/** What the owner knows about its ownership. */
export interface Tenure {
  readonly generation: number;
  readonly signal: AbortSignal;
  readonly isCurrent: () => boolean;
  /**
   * Whether a window lives that was the owner before: one that was silent for too long may still be about to get the
   * answer to what it sent. Synchronous, and may read the disk. Throws nothing: what cannot be read is not so.
   */
  readonly formerOwnerMayLive: () => boolean;
  readonly broadcast: (name: string, args: readonly unknown[]) => Promise<SentOutcome[]>;
  readonly giveUp: () => void;
}

export interface SeatOptions {
  readonly createOwner: (tenure: Tenure) => object | Promise<object>;
  readonly window: object;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
}

/** What makes this window the owner for all: no other window has the like of it at the same time. */
export interface Hold {
  /** Grows with every owner. */
  readonly generation: number;
  /** Whether no other window has taken over. Synchronous. Throws if nothing is known now. */
  readonly isLatest: () => boolean;
  /** As {@link Tenure.formerOwnerMayLive}; throws what reading throws. */
  readonly formerOwnerMayLive: () => boolean;
  /** Lets the others reach this window. Rejects if nothing can be stored or listened to. */
  readonly listen: (listener: Listener) => Promise<OwnerServer>;
}

/** What the owner does for those who reach it. */
export interface Listener {
  /** What they may call. */
  readonly callable: Callable;
  readonly isCurrent: () => boolean;
  readonly memberLeft: () => void;
}

/** The owner's end of the channels to all members. */
export interface OwnerServer {
  readonly members: ReadonlySet<Channel>;
  /** Stops listening first, then drops every member: a member that comes back must find nobody. */
  close(): void;
}

/** This process as owner. */
export interface Seat {
  readonly attachment: Attachment;
  /** Aborted when the ownership is over, whatever ended it. */
  readonly lost: AbortSignal;
  readonly close: () => void;
}

/**
 * Takes the seat of the owner: with a hold, for all windows; without one, for this window alone. Rejects if
 * nothing can be stored or listened to; undefined if another window took over meanwhile.
 */
export async function takeSeat(
  { createOwner, window, clock, log, timing }: SeatOptions,
  held: Hold | undefined,
): Promise<Seat | undefined> {
  const over = new AbortController();
  const lost = over.signal;
  const warn = rarely(clock, log);
  const generation = held?.generation ?? 0;
  let server: OwnerServer | undefined;
  let cancelHeartbeat: Cancel = () => undefined;

  function close(): void {
    if (lost.aborted) return;
    cancelHeartbeat();
    // First, so that whoever listens can stop what it was about to do before any other window learns of it.
    over.abort();
    server?.close();
  }

  function isCurrent(): boolean {
    if (lost.aborted) return false;
    if (held === undefined) return true;
    try {
      if (held.isLatest()) return true;
    } catch (error) {
      // Nothing is known: not enough to act as the owner, nor to give up being it.
      warn('The claims of the windows cannot be read', codeOf(error) ?? 'unknown');
      return false;
    }
    log.info('Another window took over', { generation });
    close();
    return false;
  }

  function formerOwnerMayLive(): boolean {
    try {
      return held?.formerOwnerMayLive() ?? false;
    } catch (error) {
      warn('The claims of the windows cannot be read', codeOf(error) ?? 'unknown');
      return false;
    }
  }

  /** `args` have passed {@link asSent}. */
  async function broadcast(name: string, args: readonly unknown[]): Promise<SentOutcome[]> {
    const late = () => new Error('That window did not answer in time.');
    const gone = () => new Error('That window went away before it answered.');
    const calls = [...(server?.members ?? [])].map(member => member.call('call', [name, args], gone));
    const everywhere = [asReceived(invoke(window, name, args)), ...calls];
    return Promise.all(
      everywhere.map(call => outcomeOf(within(clock, timing.unresponsiveAfter, call, late))),
    );
  }

  let owner: Promise<object> | undefined;
  /** The owner's functions. Made once; if that fails whoever waits is told, and the next call tries again. */
  function functions(): Promise<object> {
    // Begun in a later turn: a failure must find `owner` assigned.
    owner ??= Promise.resolve()
      .then(() =>
        createOwner({ generation, signal: lost, isCurrent, formerOwnerMayLive, broadcast, giveUp: close }),
      )
      .catch((error: unknown) => {
        owner = undefined;
        log.error('What the owning window shares could not be started', {
          reason: codeOf(error) ?? (error instanceof Error ? error.name : 'unknown'),
        });
        throw error;
      });
    return owner;
  }

  async function carryOut(name: unknown, args: unknown): Promise<unknown> {
    const late = () => new OwnerUnavailable(String(name), timing.settleWithin, 'it is still starting');
    return invoke(await within(clock, timing.settleWithin, functions(), late), name, args);
  }

  if (held !== undefined) {
    server = await held.listen({
      callable: {
        call: (name: unknown, args: unknown) => {
          // Nobody is served from what a superseded owner remembers; losing the seat closes the connection.
          isCurrent();
          if (lost.aborted) throw new OwnerLost(String(name));
          return carryOut(name, args);
        },
        broadcast: (name: unknown, args: unknown) => broadcast(String(name), Array.isArray(args) ? args : []),
      },
      isCurrent,
      // Members leave an owner that did not answer for a while, and take over: this is how it learns of it.
      memberLeft: () => void isCurrent(),
    });
    if (!isCurrent()) {
      close();
      // Again, for an ownership that was lost before the server was there to be closed.
      server.close();
      return undefined;
    }
    const beat = (): void => {
      if (isCurrent() || !lost.aborted) cancelHeartbeat = clock.after(timing.heartbeat, beat);
    };
    cancelHeartbeat = clock.after(timing.heartbeat, beat);
  }
  functions().catch(() => undefined);

  const whileItLasts = async (name: string, work: () => Promise<unknown>): Promise<unknown> => {
    if (lost.aborted) throw new OwnerLost(name);
    try {
      return await untilAborted(asReceived(work()), lost);
    } catch (error) {
      throw lost.aborted ? new OwnerLost(name) : error;
    }
  };
  const attachment: Attachment = {
    role: held === undefined ? 'alone' : 'owner',
    generation,
    isOver: () => lost.aborted,
    call: async (name, args) => {
      const sent = asSent(args);
      return whileItLasts(name, () => carryOut(name, sent));
    },
    broadcast: async (name, args) => {
      const sent = asSent(args);
      return whileItLasts(name, () => broadcast(name, sent));
    },
  };
  return { attachment, lost, close };
}
