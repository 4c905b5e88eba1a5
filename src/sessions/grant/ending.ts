import { l10n, type Shown } from '../../platform/shown.ts';
import { endOf, type TokenPolicy } from './fate.ts';
import { isRenewable, type Grant } from './grant.ts';

/** Why a sign-in without a refresh token no longer works. */
export const endedReason = (): Shown => l10n.t('The sign-in expired, and there’s no refresh token.');

/**
 * When to report that a sign-in without a refresh token has expired, in seconds since the epoch. Each sign-in is reported
 * once, and not if the user knows already that it needs them.
 *
 * @param policy as configured now. Undefined if the provider isn't configured: then the sign-in isn't missed.
 * @returns undefined: never.
 */
export function endToldAt(grant: Grant, policy: TokenPolicy | undefined): number | undefined {
  const { ending, signInNeeded, tokens } = grant;
  const isTold = !ending || ending.told === true || signInNeeded !== undefined;
  return isTold || !policy || isRenewable(grant) ? undefined : endOf(tokens, policy);
}

/** Marks the grant as reported. Returns the same grant unless {@link endToldAt} has come. */
export function withEndTold(grant: Grant, policy: TokenPolicy | undefined, now: number): Grant {
  const at = endToldAt(grant, policy);
  return at === undefined || now < at || !grant.ending
    ? grant
    : { ...grant, ending: { ...grant.ending, told: true } };
}
