import { connect } from 'node:net';
import type { Clock } from '../../platform/clock.ts';
import type { Callable } from '../channel.ts';
import { memberOver, silent, type Membership, type OwnerConnection } from '../member.ts';
import { afterListening } from '../patience.ts';
import type { Claim } from './claims.ts';
import { framesOver } from './frames.ts';
import { proveAsMember } from './handshake.ts';

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
  const { clock, unresponsiveAfter, signal } = options;
  return new Promise(resolve => {
    let membership: Membership | undefined;
    let whenClosed = (reason: string): void => {
      if (reason === silent) resolve({ outcome: 'silent' });
      else if (nobodyListens.has(reason)) resolve({ outcome: 'nobody' });
      else resolve({ outcome: 'failed', reason });
    };

    const socket = connect(options.address);
    const frames = framesOver(socket, {
      heard: () => membership?.heard(),
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
      membership = memberOver(frames, options);
      whenClosed = membership.closed;
      resolve({ outcome: 'attached', owner: membership.owner });
    });
  });
}
