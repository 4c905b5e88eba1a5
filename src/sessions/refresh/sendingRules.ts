import { secondsNow } from '../../platform/clock.ts';
import { expiryOf } from '../grant/freshness.ts';
import { isRenewable, type Grant } from '../grant/grant.ts';
import type { RefresherOptions } from './refresherOptions.ts';

type Rules = Pick<RefresherOptions, 'clock' | 'providers'>;

/** True if new tokens can be asked for, now or later, without the grant's person. */
export const canRefresh = (grant: Grant, { providers }: Pick<Rules, 'providers'>): boolean =>
  isRefreshable(grant) && providers.of(grant) !== undefined;

/** The same, whatever is configured in this window. */
export const isRefreshable = (grant: Grant): boolean =>
  isRenewable(grant) && (grant.signInNeeded === undefined || grant.signInNeeded.accountRefused === true);

/** True if the refresh token may be spent, and must not be sent while the access token works. */
export function mustWait(grant: Grant, options: Rules): boolean {
  if (grant.refreshSentAt === undefined) return false;
  if (isForgiven(grant, options)) return false;
  const expiresAt = expiryOf(grant.tokens, options.providers.of(grant)?.assumedTokenLifetime);
  return expiresAt === undefined || secondsNow(options.clock) < expiresAt;
}

/** True if the server still takes a refresh token that may be spent: see `rotationGrace`. */
export function isForgiven(grant: Grant, { clock, providers }: Rules): boolean {
  if (grant.refreshSentAt === undefined) return false;
  const sentSince = secondsNow(clock) - grant.refreshSentAt;
  // A clock that was set back says nothing of how long ago that was.
  return sentSince >= 0 && sentSince < (providers.of(grant)?.rotationGrace ?? 0);
}

/** A client that signs in by itself spends nothing: what it asked for, it can always ask for again. */
export const spendsToken = ({ binding }: Grant): boolean => binding.service === undefined;
