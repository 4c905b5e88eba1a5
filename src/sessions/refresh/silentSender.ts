import { secondsNow } from '../../platform/clock.ts';
import type { Grant } from '../grant/grant.ts';
import type { RefresherOptions } from './refresherOptions.ts';
import { isUnchanged } from '../grant/refreshOutcome.ts';
import { isForgiven } from './sendingRules.ts';

/**
 * For so many seconds after a refresh token was sent, a window that has fallen silent since may tell what came of
 * it: the request ends after half of that time (`answerTimeout`), and as long again is left to a window that is busy.
 */
const senderPatience = 30;

/**
 * Waits while a window that was the owner before may still get, and tell, the answer to the sending of this grant's
 * refresh token: it was taken for dead because it was silent, and the token must not be sent beside its request. A
 * window that has certainly died is not waited for.
 *
 * @param ending ends the waiting.
 * @returns when the grant has changed, or when there is nothing to be waited for any more; whether it waited.
 */
export async function outlastSilentSender(
  grant: Grant,
  options: Pick<RefresherOptions, 'cache' | 'clock' | 'providers' | 'ownership'>,
  ending: AbortSignal,
): Promise<boolean> {
  const { cache, clock } = options;
  if (grant.refreshSentAt === undefined || isForgiven(grant, options)) return false;
  const sentAt = grant.refreshResentAt ?? grant.refreshSentAt;
  const left = sentAt + senderPatience - secondsNow(clock);
  // A clock that was set back says nothing of how long ago that was.
  if (left <= 0 || left > senderPatience || !options.ownership.formerOwnerMayLive()) return false;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(left * 1000, resolve);
  const stopWatching = cache.onDidChange(({ before, after }) => {
    const isOpen = after && isUnchanged(after, grant) && after.refreshSentAt === grant.refreshSentAt;
    if (before?.id === grant.id && !isOpen) resolve();
  });
  const end = (): void => resolve();
  ending.addEventListener('abort', end);
  if (ending.aborted) resolve();
  await promise;
  ending.removeEventListener('abort', end);
  cancel();
  stopWatching();
  return true;
}
