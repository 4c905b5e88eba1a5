import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';

/** Durations in milliseconds. */
export interface Timing {
  /** A leader, or a window in a broadcast, that is silent for this long is given up. */
  readonly unresponsiveAfter: number;
  /** The interval at which an idle window checks that its leader still responds. */
  readonly heartbeat: number;
  /** Calls wait this long for a leader to be found, and as long again for it to be ready. */
  readonly settleWithin: number;
  /** How often a window that works alone looks whether it could join the others. */
  readonly aloneRecheck: number;
}

export const defaultTiming: Timing = {
  unresponsiveAfter: 3000,
  heartbeat: 900_000,
  settleWithin: 10_000,
  aloneRecheck: 60_000,
};

const slices = 3;

/**
 * Runs `expired` after `milliseconds` *in which this process could listen*. After the computer slept or the event
 * loop was blocked, a timer runs before pending input is read. Such a wait counts as one slice, so a peer never seems
 * silent because this process was.
 */
export function afterListening(clock: Clock, milliseconds: number, expired: () => void): Cancel {
  let passed = 0;
  let cancel: Cancel;
  const slice = (): void => {
    cancel = clock.after(milliseconds / slices, () => (++passed === slices ? expired() : slice()));
  };
  slice();
  return () => cancel();
}

/**
 * Detects a peer that is connected but doesn't respond: pings it while calls are pending, else once per `heartbeat`,
 * and runs `silent` if nothing is received for `unresponsiveAfter` after a ping (both in milliseconds). Calls with a
 * quick response need no ping.
 */
export function watchPeer(options: {
  clock: Clock;
  unresponsiveAfter: number;
  heartbeat: number;
  outstanding: () => boolean;
  ping: () => void;
  silent: () => void;
}) {
  const { clock, unresponsiveAfter, heartbeat } = options;
  let state: 'idle' | 'busy' | 'pinged' | 'stopped' = 'idle';
  let cancel: Cancel = clock.after(heartbeat, pingNow);

  function next(): void {
    state = options.outstanding() ? 'busy' : 'idle';
    cancel =
      state === 'busy'
        ? clock.after(unresponsiveAfter / slices, () => (options.outstanding() ? pingNow() : next()))
        : clock.after(heartbeat, pingNow);
  }

  function pingNow(): void {
    state = 'pinged';
    cancel = afterListening(clock, unresponsiveAfter, options.silent);
    options.ping();
  }

  return {
    /** Bytes arrived from the peer. */
    heard() {
      if (state !== 'pinged') return;
      cancel();
      next();
    },
    /** A call was sent to the peer. */
    called() {
      if (state !== 'idle') return;
      cancel();
      next();
    },
    stop() {
      state = 'stopped';
      cancel();
    },
  };
}

const quietFor = 60_000;

/**
 * A `warn` that says the same thing at most once a minute, with how often it was held back: what others do to
 * us must not fill the log. `reason` comes from a fixed set.
 */
export function rarely(clock: Clock, log: Log): (event: string, reason: string) => void {
  const heldBack = new Map<string, number>();
  return (event, reason) => {
    const kind = `${event}: ${reason}`;
    const before = heldBack.get(kind);
    if (before !== undefined) {
      heldBack.set(kind, before + 1);
      return;
    }
    log.warn(event, { reason });
    heldBack.set(kind, 0);
    clock.after(quietFor, () => {
      const repeated = heldBack.get(kind) ?? 0;
      heldBack.delete(kind);
      if (repeated > 0) log.warn(event, { reason, repeated });
    });
  };
}

/** The promise's outcome, or `late()` after `milliseconds` in which this process was able to listen. */
export function within<T>(
  clock: Clock,
  milliseconds: number,
  promise: Promise<T>,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = afterListening(clock, milliseconds, () => reject(late()));
    promise.then(resolve, reject).finally(cancel);
  });
}
