import type { Clock } from '../platform/clock.ts';
import { openChannel, type Callable } from './channel.ts';
import { OwnerLost } from './errors.ts';
import type { Frames } from './frames.ts';
import { watchPeer } from './patience.ts';

/** A connection to an owner that is known to be ours. */
export interface OwnerConnection {
  /** `what` names the call in an OwnerLost. */
  call(what: string, method: string, args: readonly unknown[]): Promise<unknown>;
  /** Resolves when the connection is over: `silent` if the owner is there but does not answer. */
  readonly ended: Promise<'closed' | 'silent'>;
  readonly isOver: () => boolean;
}

/** The reason for which the frames of an owner are dropped that is there but does not answer. */
export const silent = 'it does not answer';

/** To be told what becomes of the frames. */
export interface Membership {
  readonly owner: OwnerConnection;
  /** Something arrived. */
  heard(): void;
  /** The frames have closed. */
  closed(reason: string): void;
}

/** Calls the owner over these frames, and drops them when it does not answer. */
export function memberOver(
  frames: Frames,
  options: { callable: Callable; clock: Clock; unresponsiveAfter: number; heartbeat: number },
): Membership {
  const { clock, unresponsiveAfter, heartbeat } = options;
  const ended = Promise.withResolvers<'closed' | 'silent'>();
  let outstanding = 0;
  const channel = openChannel(frames, options.callable);
  const watch = watchPeer({
    clock,
    unresponsiveAfter,
    heartbeat,
    outstanding: () => outstanding > 0,
    ping: () => channel.ping(),
    silent: () => frames.drop(silent),
  });
  const call: OwnerConnection['call'] = async (what, method, args) => {
    outstanding++;
    watch.called();
    try {
      return await channel.call(method, args, () => new OwnerLost(what));
    } finally {
      outstanding--;
    }
  };
  return {
    owner: { call, ended: ended.promise, isOver: () => frames.closed },
    heard: () => watch.heard(),
    closed(reason) {
      watch.stop();
      ended.resolve(reason === silent ? 'silent' : 'closed');
      channel.end();
    },
  };
}
