import { secondsNow, type Clock } from '../../platform/clock.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Grant } from '../grant/grant.ts';
import type { RefresherOptions, TokenServer } from '../refresh/refresherOptions.ts';
import { isRefreshable } from '../refresh/sendingRules.ts';

/**
 * Which grants this window can renew. It lacks the provider of a grant if the extension that brings it is not loaded
 * here, and the client secret where each window has a storage of its own: others may have them.
 */
export interface HandOver {
  /** As the refresher's; notes which grants the client secret is missing for. */
  readonly refresh: TokenServer['refresh'];
  canRenew(grant: Grant): boolean;
  /** What was missing may be there now. */
  credentialsChanged(): void;
  /**
   * For one ownership.
   *
   * @returns what leaves it to another window, if that one can renew a grant and this one cannot; whether it did.
   */
  during(ownership: LeavableOwnership): (grant: Grant) => Promise<boolean>;
}

export interface LeavableOwnership {
  othersCanRenew(grantId: string): Promise<boolean>;
  /** Resolves when nothing is under way that the next owner would repeat; with false if that takes long. */
  settled(): Promise<boolean>;
  leave(): void;
}

/**
 * In seconds: a window leaves the ownership for this at most once in that time, and asks the others at most once
 * about each grant. Windows that can renew each some of the grants do not take over from each other all the time.
 */
const pause = 60;

export function createHandOver(
  clock: Clock,
  providers: RefresherOptions['providers'],
  server: Pick<TokenServer, 'refresh'>,
): HandOver {
  /** By the id of the grant, the serial of the tokens that could not be renewed: a new sign-in is another matter. */
  const withoutSecret = new Map<string, number>();
  let leftAt = -Infinity;

  const canRenew = (grant: Grant): boolean =>
    isRefreshable(grant) &&
    providers.of(grant) !== undefined &&
    withoutSecret.get(grant.id) !== grant.tokens.serial;

  const isRecent = (seconds: number): boolean => Math.abs(secondsNow(clock) - seconds) < pause;

  return {
    canRenew,
    async refresh(provider, grant, beforeSending, derived) {
      try {
        const tokens = await server.refresh(provider, grant, beforeSending, derived);
        withoutSecret.delete(grant.id);
        return tokens;
      } catch (error) {
        if (error instanceof Failure && error.code === 'client-secret-missing')
          withoutSecret.set(grant.id, grant.tokens.serial);
        throw error;
      }
    },
    credentialsChanged: () => withoutSecret.clear(),
    during({ othersCanRenew, settled, leave }) {
      const tries = new Map<string, { readonly at: number; readonly left: Promise<boolean> }>();

      const leaveFor = async (id: string): Promise<boolean> => {
        if (!(await othersCanRenew(id)) || !(await settled()) || isRecent(leftAt)) return false;
        leftAt = secondsNow(clock);
        leave();
        return true;
      };

      return async grant => {
        if (canRenew(grant) || !isRefreshable(grant) || isRecent(leftAt)) return false;
        const known = tries.get(grant.id);
        if (known && isRecent(known.at)) return known.left;
        const left = leaveFor(grant.id);
        tries.set(grant.id, { at: secondsNow(clock), left });
        return left;
      };
    },
  };
}
