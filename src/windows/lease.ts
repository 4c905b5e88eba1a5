import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Frames } from './channel.ts';
import type { Timing } from './timeouts.ts';

/** What makes this window the leader: no other one has the like of it at the same time. */
export interface Lease {
  /** Grows with every leader; 0 if this window works alone. */
  readonly term: number;
  /**
   * Whether no other window has taken over. Synchronous, and may read the disk: call it immediately before anything
   * that only one may do, with no `await` between. It cannot take back what was done just before another took
   * over: what must survive that has to be recorded before it is begun.
   */
  readonly isCurrent: () => boolean;
  /**
   * Whether a window lives that was the leader before: one that was silent for too long may still be about to get the
   * answer to what it sent. Synchronous, and may read the disk. Throws nothing: what cannot be read is not so.
   */
  readonly formerMayLive: () => boolean;
  /** Aborted when it is over, before any other window learns of that: another one took over, or this one gave it up. */
  readonly lost: AbortSignal;
  /** Leaves it to another window; if there is none, this one gets the next after a while. */
  readonly giveUp: () => void;
  /**
   * Lets the others reach this window until the lease is lost, and calls `welcome` for each that has proved itself.
   * Rejects if nothing can be stored or listened to.
   */
  readonly listen: (welcome: (member: Frames) => void) => Promise<void>;
}

/** A lease that nobody can take away: it lasts until it is given up. */
export function heldLease(term: number, listen: Lease['listen']): Lease {
  const over = new AbortController();
  return {
    term,
    isCurrent: () => !over.signal.aborted,
    // Nobody follows before the last one has gone.
    formerMayLive: () => false,
    lost: over.signal,
    giveUp: () => over.abort(),
    listen,
  };
}

/** This window's way to a leader that has proved itself. */
export interface Connection {
  readonly term: number;
  readonly leader: Frames;
}

/** What a transport works with. */
export interface Surroundings {
  /** The same for all windows of the group. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing: Timing;
  /** Aborted when this window leaves the group. */
  readonly leaving: AbortSignal;
  /** What is being tried, for the error of those who wait. */
  readonly trying: (what: string) => void;
}

/** The way in which windows find each other. It knows nothing of what they say. */
export interface Transport {
  /**
   * What this window is in turn, until it leaves: the leader with a lease, or a member with a connection. The next
   * turn is asked for when the last one is over. Throws if the windows cannot find each other.
   */
  turns(surroundings: Surroundings): AsyncIterable<Lease | Connection> | Iterable<Lease | Connection>;
  /** Whether they can now. */
  canMeet(surroundings: Surroundings): Promise<boolean>;
}
