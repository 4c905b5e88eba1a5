import { connect } from 'node:net';
import { limits, silent, type Frames } from '../channel.ts';
import type { Surroundings } from '../lease.ts';
import { afterListening } from '../timeouts.ts';
import type { Claim } from './claims.ts';
import { proveAsMember } from './handshake.ts';
import { readKey } from './key.ts';
import { linesOver } from './lines.ts';
import { addressOf, type Place } from './place.ts';

/** The connection errors that mean that a claimant isn't listening. */
export const nobodyListens: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT']);

/** Connects to the claimant of `claim`. Never rejects, and resolves with the reason if that isn't possible. */
export function connectTo(
  place: Place,
  claim: Claim,
  { clock, timing, leaving }: Surroundings,
): Promise<Frames | string> {
  return new Promise(resolve => {
    const leader = linesOver(connect(addressOf(place, claim)));
    const giveUp = afterListening(clock, timing.unresponsiveAfter, () => leader.drop(silent));
    const leave = (): void => leader.drop('this window leaves');
    const end = (outcome: Frames | string): void => {
      giveUp();
      leaving.removeEventListener('abort', leave);
      resolve(outcome);
    };
    leaving.addEventListener('abort', leave);
    leader.closed.addEventListener('abort', () => end(String(leader.closed.reason)));
    proveAsMember(
      leader,
      claim,
      () => readKey(place.directory),
      () => {
        leader.receive({ limit: limits.frame });
        end(leader);
      },
    );
  });
}
