import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { peerClosed, type Frames } from '../channel.ts';
import { codeOf } from '../errors.ts';
import type { Surroundings } from '../lease.ts';
import { afterListening, rarely } from '../timeouts.ts';
import type { Claim } from './claims.ts';
import { proveAsLeader } from './handshake.ts';
import { linesOver } from './lines.ts';

/** Limits connections that haven't proved the key yet, to more than any number of windows that start together. */
const mostUnproved = 256;

/** Listens at the claim's socket until `over`. Rejects if that isn't possible. */
export async function listenAt(
  address: string,
  claim: Claim,
  options: {
    /** Returns the current key. Called for each connection. */
    key: () => Buffer;
    /** Called at once for each that has proved the key. */
    welcome: (member: Frames) => void;
    over: AbortSignal;
  } & Pick<Surroundings, 'clock' | 'log' | 'timing'>,
): Promise<void> {
  const { key, welcome, over, clock, log, timing } = options;
  const warn = rarely(clock, log);
  const unproved = new Set<Frames>();
  const open = new Set<Frames>();

  function accept(socket: Socket): void {
    const frames = linesOver(socket);
    const giveUp = afterListening(clock, timing.unresponsiveAfter, () =>
      frames.drop('it did not prove the key in time'),
    );
    frames.closed.addEventListener('abort', () => {
      giveUp();
      open.delete(frames);
      const reason = String(frames.closed.reason);
      if (unproved.delete(frames) && !over.aborted && reason !== peerClosed)
        warn('A connection to the leading window was dropped', reason);
    });
    open.add(frames);
    unproved.add(frames);
    if (unproved.size > mostUnproved) return frames.drop('too many others have not proved the key yet');
    let usable: Buffer;
    try {
      usable = key();
    } catch (error) {
      // If over, this window found out that it no longer leads.
      if (!over.aborted) warn('The key shared by the windows cannot be used', codeOf(error) ?? 'unknown');
      return frames.drop('there is no usable key');
    }
    proveAsLeader(frames, claim, usable, () => {
      giveUp();
      unproved.delete(frames);
      welcome(frames);
    });
  }

  const server = createServer(accept);
  server.listen(address);
  await once(server, 'listening');
  server.on('error', error =>
    warn('The leading window could not accept a connection', codeOf(error) ?? 'unknown'),
  );
  const close = (): void => {
    // Close first, so a returning member can't connect.
    server.close();
    for (const frames of [...open]) frames.drop('the leader leaves');
  };
  over.addEventListener('abort', close);
  if (over.aborted) close();
}
