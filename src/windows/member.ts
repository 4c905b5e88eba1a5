import { connect } from 'node:net';
import type { Clock } from '../platform/clock.ts';
import { openChannel, type Callable } from './channel.ts';
import type { Claim } from './claims.ts';
import { OwnerLost } from './errors.ts';
import { framesOver } from './frames.ts';
import { proveAsMember } from './handshake.ts';
import { afterListening, watchPeer, type Watch } from './patience.ts';

/** A proved connection to the owner. */
export interface OwnerConnection {
  /** `what` names the call in an OwnerLost. */
  call(what: string, method: string, args: readonly unknown[]): Promise<unknown>;
  /** Resolves when the connection is over: `silent` if the owner is there but does not answer. */
  readonly ended: Promise<'closed' | 'silent'>;
  readonly isOver: () => boolean;
}

/** How an attempt to reach an owner ended. */
export type Approach =
  | { readonly outcome: 'attached'; readonly owner: OwnerConnection }
  /** Nobody listens there. */
  | { readonly outcome: 'nobody' }
  /** Somebody is there, and did not answer in time. */
  | { readonly outcome: 'silent' }
  /** Somebody is there, and the handshake did not come to its end. */
  | { readonly outcome: 'failed'; readonly reason: string };

const nobodyListens = new Set(['ECONNREFUSED', 'ENOENT']);
const silent = 'it does not answer';

/** Connects to the claimant of `claim`. Never rejects. */
export function approachOwner(options: {
  address: string;
  claim: Claim;
  readKey: () => Buffer;
  callable: Callable;
  clock: Clock;
  unresponsiveAfter: number;
  heartbeat: number;
  signal: AbortSignal;
}): Promise<Approach> {
  const { clock, unresponsiveAfter, heartbeat, signal } = options;
  return new Promise(resolve => {
    const ended = Promise.withResolvers<'closed' | 'silent'>();
    let watch: Watch | undefined;
    let whenClosed = (reason: string): void => {
      if (reason === silent) resolve({ outcome: 'silent' });
      else if (nobodyListens.has(reason)) resolve({ outcome: 'nobody' });
      else resolve({ outcome: 'failed', reason });
    };

    const socket = connect(options.address);
    const frames = framesOver(socket, {
      heard: () => watch?.heard(),
      closed(reason) {
        giveUp();
        signal.removeEventListener('abort', leave);
        whenClosed(reason);
      },
    });
    const giveUp = afterListening(clock, unresponsiveAfter, () => frames.drop(silent));
    const leave = (): void => frames.drop('this window leaves');
    signal.addEventListener('abort', leave);

    proveAsMember(frames, options.claim, options.readKey, () => {
      giveUp();
      let outstanding = 0;
      const channel = openChannel(frames, options.callable);
      const watching = watchPeer({
        clock,
        unresponsiveAfter,
        heartbeat,
        outstanding: () => outstanding > 0,
        ping: () => channel.ping(),
        silent: () => frames.drop(silent),
      });
      watch = watching;
      whenClosed = reason => {
        watching.stop();
        ended.resolve(reason === silent ? 'silent' : 'closed');
        channel.end();
      };
      const call: OwnerConnection['call'] = async (what, method, args) => {
        outstanding++;
        watching.called();
        try {
          return await channel.call(method, args, () => new OwnerLost(what));
        } finally {
          outstanding--;
        }
      };
      resolve({ outcome: 'attached', owner: { call, ended: ended.promise, isOver: () => frames.closed } });
    });
  });
}
