import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Frames } from './channel.ts';
import type { Timing } from './timeouts.ts';

/** What makes this window the leader: no other one has the like of it at the same time. */
export interface Lease {
  /** Increases with every leader. 0 if this window works alone. */
  readonly term: number;
  /**
   * True if no other window has taken over. Synchronous, and can read the disk: call it immediately before any
   * exclusive operation, with no `await` between. It can't undo what was done just before another window took over,
   * so record whatever must survive that before starting it.
   */
  readonly isCurrent: () => boolean;
  /**
   * True if a former leader's window is still alive: after a long silence, it might still receive the response to a
   * request. Synchronous, and can read the disk. Never throws: anything unreadable counts as false.
   */
  readonly formerMayLive: () => boolean;
  /** Aborted when it is over, before any other window learns of that: another one took over, or this one gave it up. */
  readonly lost: AbortSignal;
  /** Hands the lease to another window. If there is none, this one gets the next lease after a while. */
  readonly giveUp: () => void;
  /**
   * Lets the others reach this window until the lease is lost, and calls `welcome` for each that has proved itself.
   * Rejects if nothing can be stored or listened to.
   */
  readonly listen: (welcome: (member: Frames) => void) => Promise<void>;
}

/** A lease that can't be taken away: it lasts until it is given up. */
export function heldLease(term: number, listen: Lease['listen']): Lease {
  const over = new AbortController();
  return {
    term,
    isCurrent: () => !over.signal.aborted,
    // No window follows before the last one is gone.
    formerMayLive: () => false,
    lost: over.signal,
    giveUp: () => over.abort(),
    listen,
  };
}

/** This window's connection to a leader that has proved its identity. */
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

/** The mechanism by which windows find each other, independent of their messages. */
export interface Transport {
  /**
   * The roles of this window in turn, until it leaves: the leader with a lease, or a member with a connection.
   * Request the next turn when the last one is over. Throws if the windows can't find each other.
   */
  turns(surroundings: Surroundings): AsyncIterable<Lease | Connection> | Iterable<Lease | Connection>;
  /** Whether they can now. */
  canMeet(surroundings: Surroundings): Promise<boolean>;
}
