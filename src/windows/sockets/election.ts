import { wait } from '../../platform/clock.ts';
import { invoke } from '../calls.ts';
import { codeOf } from '../errors.ts';
import { beMember, sit, workAlone, type PartOptions } from '../part.ts';
import { takeSeat } from '../seat.ts';
import { claimAfter, isAlive, latestGeneration, readClaim, type Claim } from './claims.ts';
import { holdOf } from './hold.ts';
import { readKey } from './key.ts';
import { approachOwner, type Approach } from './member.ts';
import { canMeetAt, openPlace, type Place } from './place.ts';

/** A claim is followed by listening at once. A living process may take so many tries, so many milliseconds apart. */
const startTries = 20;
const startInterval = 25;
/**
 * A handshake may fail because the owner is just ending: its connections close a moment before its socket does.
 * One that fails again after each of these pauses is not our owner's.
 */
const handshakePauses = [25, 250];
/** After so many claims of one window within so many milliseconds the windows evidently cannot reach each other. */
const mostClaims = 5;
const mostClaimsWithin = 10_000;

/**
 * Finds the owner, or becomes it, again and again until this window leaves: look up the highest generation; if
 * its claimant answers, be its member; if not, claim the next. Resolves when everything is closed.
 */
export async function takePart(options: PartOptions): Promise<void> {
  const { directory, clock, log, timing, leaving } = options;
  const pause = (milliseconds: number) => wait(clock, milliseconds, leaving).catch(() => undefined);
  /** Nonce of the claim whose owner answered us last: if nobody listens there any more, that owner is dead. */
  let answeredBefore: string | undefined;
  let recentClaims = 0;

  while (!leaving.aborted) {
    try {
      const place = openPlace(directory);
      while (!leaving.aborted) {
        const generation = latestGeneration(place.directory);
        if (generation === 0 || (await follow(place, generation)) === 'claim')
          await claimNext(place, generation);
      }
    } catch (error) {
      if (!leaving.aborted)
        await workAlone(options, codeOf(error) ?? (error instanceof Error ? error.message : 'unknown'), () =>
          canMeetAt(directory),
        );
    }
  }

  /** Stays with the claimant of this generation while that is possible; then says what is to be done. */
  async function follow(place: Place, generation: number): Promise<'claim' | 'look again'> {
    let failures = 0;
    for (let tries = 0; !leaving.aborted && latestGeneration(place.directory) === generation; tries++) {
      const claim = readClaim(place.directory, generation);
      options.trying(`reaching process ${claim?.pid ?? 'unknown'}`);
      const approach = claim === undefined ? undefined : await reach(place, claim);

      if (approach?.outcome === 'attached') {
        answeredBefore = claim?.nonce;
        log.info('This window asks another one', { generation, process: claim?.pid });
        if ((await beMember(options, approach.owner, generation)) === 'closed') return 'look again';
      }
      if (approach?.outcome === 'attached' || approach?.outcome === 'silent') {
        log.warn('The owning window does not answer', { generation, process: claim?.pid });
        return 'claim';
      }
      if (approach?.outcome === 'failed') {
        const milliseconds = handshakePauses[failures++];
        if (milliseconds === undefined) {
          log.warn('The owning window could not be joined', { generation, reason: approach.reason });
          return 'claim';
        }
        await pause(milliseconds);
        continue;
      }
      // Nobody listens, or the claim is not written to its end: its maker is just starting, or dead.
      const dead = claim !== undefined && (claim.nonce === answeredBefore || !isAlive(claim.pid));
      if (dead || tries >= startTries) return 'claim';
      await pause(startInterval);
    }
    return 'look again';
  }

  function reach(place: Place, claim: Claim): Promise<Approach> {
    return approachOwner({
      address: place.addressOf(claim),
      claim,
      readKey: () => readKey(place.directory),
      callable: { call: (name: unknown, args: unknown) => invoke(options.window, name, args) },
      clock,
      unresponsiveAfter: timing.unresponsiveAfter,
      heartbeat: timing.heartbeat,
      signal: leaving,
    });
  }

  async function claimNext(place: Place, generation: number): Promise<void> {
    if (leaving.aborted) return;
    if (recentClaims === mostClaims) {
      throw new Error(
        'the windows take over from each other all the time, as if they were on several machines',
      );
    }
    options.trying('taking over');
    const claim = claimAfter(place.directory, generation);
    // The winner needs a moment to listen.
    if (claim === undefined) return pause(startInterval);
    recentClaims++;
    clock.after(mostClaimsWithin, () => recentClaims--);
    const seat = await takeSeat(options, holdOf(place, claim, options));
    if (seat === undefined) return;
    log.info('This window is the one the others ask', { generation: claim.generation });
    await sit(options, seat);
  }
}
