import { secondsNow, type Clock } from '../../platform/clock.ts';
import { errorName, type Log } from '../../platform/log.ts';
import type { Grant } from '../grant/grant.ts';
import { serialiseGrant } from '../store/storedGrant.ts';
import { signOutId, type KeptSignOuts } from '../store/keptSignOuts.ts';
import { inTime, quietly, type Windows } from './windowCalls.ts';

export interface SignOutsOptions {
  readonly kept: KeptSignOuts;
  readonly clock: Clock;
  readonly log: Log;
  readonly windows: Promise<Windows>;
}

/** How long a sign-out waits for the leader, and then for the storage, in milliseconds. */
const timeout = 2000;

/** The sign-outs of this window. The leader keeps them. Without a leader in time, this window does. */
export type SignOuts = ReturnType<typeof createSignOuts>;

export function createSignOuts({ kept, clock, log, windows }: SignOutsOptions) {
  const byLeader = (call: (leader: Windows['leader']) => Promise<void>): Promise<void> =>
    inTime(
      clock,
      timeout,
      windows.then(({ leader }) => call(leader)),
    );
  return {
    /**
     * Keeps a grant that is about to be signed out, until {@link forget}: without that its tokens are revoked later.
     * Never rejects.
     *
     * @returns false if it couldn't be stored.
     */
    async keep(grant: Grant): Promise<boolean> {
      try {
        await byLeader(leader => leader.keepSignOut(serialiseGrant(grant))).catch(() =>
          inTime(clock, timeout, kept.keep(grant, secondsNow(clock))),
        );
        return true;
      } catch (error) {
        log.warn('a sign-out could not be kept', { reason: errorName(error) });
        return false;
      }
    },
    /** The provider knows of the sign-out of a grant, or never will. Never rejects. */
    async forget(grant: Grant): Promise<void> {
      const id = signOutId(grant);
      const forgotten = byLeader(leader => leader.forgetSignOut(id)).catch(() => kept.forget([id]));
      await quietly(log, forgotten, 'a sign-out that is over stays kept');
    },
  };
}
