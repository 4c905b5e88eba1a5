import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { latestTerm, readClaim, type Claim } from '../../src/windows/sockets/claims.ts';
import { proofOf } from '../../src/windows/sockets/handshake.ts';
import { readKey } from '../../src/windows/sockets/key.ts';
import { addressOf, openPlace } from '../../src/windows/sockets/place.ts';

/** The claim of the current leader and its address. */
export function currentLeader(directory: string): { claim: Claim; address: string } {
  const place = openPlace(directory);
  const claim = readClaim(place.directory, latestTerm(place.directory));
  if (claim === undefined) throw new Error('There is no claim');
  return { claim, address: addressOf(place, claim) };
}

/** A peer that says whatever the test wants. */
export interface RawPeer {
  readonly socket: Socket;
  /** The next line, parsed. */
  next(): Promise<Record<string, unknown>>;
  readonly closed: Promise<void>;
}

export function rawPeer(socket: Socket): RawPeer {
  const lines: Record<string, unknown>[] = [];
  const readers: ((line: Record<string, unknown>) => void)[] = [];
  let held = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const parts = (held + text).split('\n');
    held = parts.pop() ?? '';
    for (const part of parts) {
      const line = JSON.parse(part) as Record<string, unknown>;
      const reader = readers.shift();
      if (reader === undefined) lines.push(line);
      else reader(line);
    }
  });
  // A reset is one of the ways to be dropped.
  socket.on('error', () => undefined);
  return {
    socket,
    next: () =>
      new Promise(resolve => {
        const line = lines.shift();
        if (line === undefined) readers.push(resolve);
        else resolve(line);
      }),
    closed: new Promise(resolve => socket.on('close', () => resolve())),
  };
}

export function connectRaw(directory: string): RawPeer {
  return rawPeer(connect(currentLeader(directory).address));
}

/** Connects and proves the key, the real one unless told otherwise. */
export async function connectVerified(directory: string, key = readKey(directory)): Promise<RawPeer> {
  const peer = connectRaw(directory);
  const { nonce } = await peer.next();
  const mine = randomBytes(32).toString('hex');
  const proof = proofOf(key, 'member', currentLeader(directory).claim, String(nonce), mine);
  peer.socket.write(`${JSON.stringify({ nonce: mine, proof })}\n`);
  return peer;
}
