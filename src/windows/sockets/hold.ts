import type { Hold, SeatOptions } from '../seat.ts';
import { earlierClaimantLives, isLatest, removeOldClaims, type Claim } from './claims.ts';
import { ensureKey } from './key.ts';
import { removeOldSockets, type Place } from './place.ts';
import { listenAsOwner } from './server.ts';

/** The claim of the highest generation makes its maker the owner. */
export function holdOf(
  place: Place,
  claim: Claim,
  { clock, log, timing }: Pick<SeatOptions, 'clock' | 'log' | 'timing'>,
): Hold {
  const { directory } = place;
  return {
    generation: claim.generation,
    isLatest: () => isLatest(directory, claim),
    formerOwnerMayLive: () => earlierClaimantLives(directory, claim),
    async listen({ callable, isCurrent, memberLeft }) {
      ensureKey(directory, log, true);
      removeOldClaims(directory, claim);
      removeOldSockets(place, claim);
      return listenAsOwner({
        address: place.addressOf(claim),
        claim,
        // A superseded owner must not touch the key; it drops the connection by finding that out.
        key: () => {
          if (!isCurrent()) throw new Error('this window is not the owner');
          return ensureKey(directory, log, false);
        },
        callable,
        memberLeft,
        clock,
        log,
        unresponsiveAfter: timing.unresponsiveAfter,
      });
    },
  };
}
