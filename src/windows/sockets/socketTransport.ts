import { wait } from '../../platform/abort.ts';
import { silent } from '../channel.ts';
import { codeOf } from '../errors.ts';
import type { Connection, Lease, Surroundings, Transport } from '../lease.ts';
import { rarely } from '../timeouts.ts';
import {
  claimAfter,
  earlierClaimantLives,
  isAlive,
  isLatest,
  isSuperseded,
  latestTerm,
  readClaim,
  removeOldClaims,
  type Claim,
} from './claims.ts';
import { connectTo, nobodyListens } from './connect.ts';
import { ensureKey } from './key.ts';
import { listenAt } from './listen.ts';
import { watchDirectory } from './watchDirectory.ts';
import { addressOf, canMeetAt, openPlace, removeOldSockets, socketFolder, type Place } from './place.ts';

/**
 * A claimant starts listening right after its claim. A living process gets this many tries, at this interval in
 * milliseconds.
 */
const startTries = 20;
const startInterval = 25;
/**
 * A handshake can fail because the leader is about to end: its connections close a moment before its socket does. If
 * it fails again after each of these pauses, it isn't our leader's.
 */
const handshakePauses = [25, 250];
/** After this many claims of one window within this many milliseconds, the windows can't reach each other. */
const mostClaims = 5;
const mostClaimsWithin = 10_000;

/** Processes of one computer, which meet by a directory and sockets. */
export const socketTransport: Transport = {
  turns: meetBySockets,
  canMeet: ({ directory }) => canMeetAt(directory),
};

/**
 * Finds the leader, or becomes it, repeatedly: looks up the highest term. If its claimant responds, becomes its
 * member. If not, claims the next term.
 */
async function* meetBySockets(surroundings: Surroundings): AsyncGenerator<Lease | Connection> {
  const { directory, clock, log, leaving, trying } = surroundings;
  const pause = (milliseconds: number) => wait(clock, milliseconds, leaving).catch(() => undefined);
  const place = openPlace(directory);
  /** The nonce of the claim whose leader responded last: if it no longer listens, that leader is dead. */
  let answeredBefore: string | undefined;
  let recentClaims = 0;
  let lookAtTurn = (): void => undefined;

  /** Returns a connection to the claimant of this term, or what to do if that isn't possible. */
  async function reach(term: number): Promise<Connection | 'claim' | 'look again'> {
    let failures = 0;
    for (let tries = 0; !leaving.aborted && latestTerm(place.directory) === term; tries++) {
      const claim = readClaim(place.directory, term);
      trying(`reaching process ${claim?.pid ?? 'unknown'}`);
      const reached = claim && (await connectTo(place, claim, surroundings));
      if (typeof reached === 'object') {
        answeredBefore = claim?.nonce;
        log.info('This window asks another one', { term, process: claim?.pid });
        lookAtTurn = () => {
          if (isSuperseded(place.directory, term)) reached.drop('another window leads now');
        };
        return { term, leader: reached };
      }
      if (reached === silent) {
        log.warn('The leading window does not answer', { term, process: claim?.pid });
        return 'claim';
      }
      if (reached !== undefined && !nobodyListens.has(reached)) {
        const milliseconds = handshakePauses[failures++];
        if (milliseconds === undefined) {
          log.warn('The leading window could not be joined', { term, reason: reached });
          return 'claim';
        }
        await pause(milliseconds);
        continue;
      }
      // The claimant isn't listening, or the claim is incomplete: its process is just starting, or dead.
      const dead = claim !== undefined && (claim.nonce === answeredBefore || !isAlive(claim.pid));
      if (dead || tries >= startTries) return 'claim';
      await pause(startInterval);
    }
    return 'look again';
  }

  const stopWatching = watchDirectory(place.directory, clock, () => lookAtTurn());
  try {
    while (!leaving.aborted) {
      const term = latestTerm(place.directory);
      const found = term === 0 ? 'claim' : await reach(term);
      if (typeof found === 'object') {
        yield found;
        if (found.leader.closed.reason !== silent) continue;
        log.warn('The leading window does not answer', { term });
      } else if (found === 'look again') continue;

      if (leaving.aborted) return;
      if (recentClaims === mostClaims) {
        throw new Error(
          'the windows take over from each other all the time, as if they were on several machines',
        );
      }
      trying('taking over');
      const folder = socketFolder(place, readClaim(place.directory, term));
      const claim = claimAfter(place.directory, term, folder);
      if (claim === undefined) {
        // The winner needs a moment to listen.
        await pause(startInterval);
        continue;
      }
      recentClaims++;
      clock.after(mostClaimsWithin, () => recentClaims--);
      const lease = leaseOf(place, claim, surroundings);
      lookAtTurn = () => void lease.isCurrent();
      yield lease;
    }
  } finally {
    stopWatching();
  }
}

/** The claim of the highest term makes its maker the leader. */
export function leaseOf(
  place: Place,
  claim: Claim,
  { clock, log, timing }: Pick<Surroundings, 'clock' | 'log' | 'timing'>,
): Lease {
  const { directory } = place;
  const { term } = claim;
  const warn = rarely(clock, log);
  const over = new AbortController();
  const lost = over.signal;

  /** Returns the result of reading. An unknown result isn't enough to act as the leader, nor to stop being it. */
  const readable = (read: () => boolean): boolean | undefined => {
    try {
      return read();
    } catch (error) {
      warn('The claims of the windows cannot be read', codeOf(error) ?? 'unknown');
      return undefined;
    }
  };
  const isCurrent = (): boolean => {
    if (lost.aborted) return false;
    const latest = readable(() => isLatest(directory, claim));
    if (latest === false) {
      log.info('Another window took over', { term });
      over.abort();
    }
    return latest === true;
  };
  return {
    term,
    isCurrent,
    formerMayLive: () => readable(() => earlierClaimantLives(directory, claim)) ?? false,
    lost,
    giveUp: () => over.abort(),
    async listen(welcome) {
      ensureKey(directory, log, true);
      removeOldClaims(directory, claim);
      removeOldSockets(place, claim);
      // A superseded leader must not touch the key. Finding that out drops the connection.
      const key = (): Buffer => {
        if (!isCurrent()) throw new Error('this window does not lead');
        return ensureKey(directory, log, false);
      };
      await listenAt(addressOf(place, claim), claim, { key, welcome, over: lost, clock, log, timing });
    },
  };
}
