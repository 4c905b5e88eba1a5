import { secondsNow } from '../platform/clock.ts';
import { expiryOf } from './freshness.ts';
import { isRenewable, type Grant } from './grant.ts';
import type { KeeperOptions } from './keeperOptions.ts';

type Rules = Pick<KeeperOptions, 'assumedLifetime' | 'clock' | 'isConfigured' | 'rotationGrace'>;

/** True if new tokens can be asked for, now or later, without the grant's person. */
export const canRefresh = (grant: Grant, options: Pick<Rules, 'isConfigured'>): boolean =>
  hasWay(grant) && options.isConfigured(grant);

/** The same, whatever is configured in this window. */
export const hasWay = (grant: Grant): boolean =>
  isRenewable(grant) && (grant.signInNeeded === undefined || grant.signInNeeded.accountRefused === true);

/** True if the refresh token may be spent, and must not be sent while the access token works. */
export function mustWait(grant: Grant, options: Rules): boolean {
  if (grant.refreshSentAt === undefined) return false;
  const now = secondsNow(options.clock);
  const sentSince = now - grant.refreshSentAt;
  // A clock that was set back says nothing of how long ago that was.
  if (sentSince >= 0 && sentSince < (options.rotationGrace?.(grant) ?? 0)) return false;
  const expiresAt = expiryOf(grant.tokens, options.assumedLifetime(grant));
  return expiresAt === undefined || now < expiresAt;
}

/** A client that signs in by itself spends nothing: what it asked for, it can always ask for again. */
export const spendsToken = ({ binding }: Grant): boolean => binding.machine === undefined;
