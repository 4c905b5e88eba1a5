import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { openChannel, type Callable, type Channel } from '../channel.ts';
import type { OwnerServer } from '../seat.ts';
import type { Claim } from './claims.ts';
import { codeOf } from '../errors.ts';
import { peerClosed, type Frames } from '../frames.ts';
import { framesOver } from './frames.ts';
import { proveAsOwner } from './handshake.ts';
import { afterListening, rarely } from '../patience.ts';

/** Connections that have not proved the key yet; more than any number of windows that start together. */
const mostUnproved = 256;

/** Listens at the claim's address. Rejects if that is not possible. */
export async function listenAsOwner(options: {
  address: string;
  claim: Claim;
  /** The key now; called for each connection. */
  key: () => Buffer;
  callable: Callable;
  memberLeft: () => void;
  clock: Clock;
  log: Log;
  unresponsiveAfter: number;
}): Promise<OwnerServer> {
  const { clock, log } = options;
  const warn = rarely(clock, log);
  const unproved = new Set<Frames>();
  const members = new Map<Channel, Frames>();
  let closing = false;

  function accept(socket: Socket): void {
    let channel: Channel | undefined;
    const frames = framesOver(socket, {
      closed(reason) {
        giveUp();
        unproved.delete(frames);
        if (channel !== undefined) {
          members.delete(channel);
          channel.end();
        }
        if (closing) return;
        // Members come and go; what a peer did wrong, or one that never proved the key, is worth a line.
        const noteworthy = channel === undefined || reason.startsWith('it ');
        if (noteworthy && reason !== peerClosed)
          warn('A connection to the owning window was dropped', reason);
        if (channel !== undefined) options.memberLeft();
      },
    });
    const giveUp = afterListening(clock, options.unresponsiveAfter, () =>
      frames.drop('it did not prove the key in time'),
    );
    if (unproved.size >= mostUnproved) return frames.drop('too many others have not proved the key yet');
    unproved.add(frames);
    let key: Buffer;
    try {
      key = options.key();
    } catch (error) {
      // Closed: this window found out that it is not the owner any more.
      if (!frames.closed) warn('The key shared by the windows cannot be used', codeOf(error) ?? 'unknown');
      return frames.drop('there is no usable key');
    }
    proveAsOwner(frames, options.claim, key, () => {
      giveUp();
      unproved.delete(frames);
      channel = openChannel(frames, options.callable);
      members.set(channel, frames);
    });
  }

  const server = createServer(accept);
  server.listen(options.address);
  await once(server, 'listening');
  server.on('error', error =>
    warn('The owning window could not accept a connection', codeOf(error) ?? 'unknown'),
  );

  return {
    get members() {
      return new Set(members.keys());
    },
    close() {
      closing = true;
      server.close();
      for (const frames of [...unproved, ...members.values()]) frames.drop('the owner leaves');
    },
  };
}
