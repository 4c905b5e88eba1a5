import { secondsNow } from '../../platform/clock.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../grant/grant.ts';
import type { AccountProfile, RefresherOptions } from './refresherOptions.ts';

/**
 * The grant with what the server says of its account now. The name of the account stays: the editor keys what
 * people have allowed by it. An account that is refused keeps its tokens, and one that no longer is gives sessions
 * again.
 *
 * @param now seconds since the epoch.
 * @returns undefined if nothing is new.
 */
export function withProfile(
  grant: Grant,
  { claims, expiresAt, refusal }: AccountProfile,
  now: number,
): Grant | undefined {
  const { tokens, signInNeeded } = grant;
  const ends = tokens.expiresAt ?? expiresAt;
  const isSame =
    JSON.stringify(claims) === JSON.stringify(grant.claims) &&
    ends === tokens.expiresAt &&
    refusal === (signInNeeded?.accountRefused ? signInNeeded.reason : undefined);
  if (isSame) return undefined;
  const refused =
    refusal === undefined ? undefined : { reason: refusal, since: now, accountRefused: true as const };
  // A sign-in that the server itself has ended stays so.
  const needed = signInNeeded && !signInNeeded.accountRefused ? signInNeeded : refused;
  return { ...grant, claims, tokens: { ...tokens, expiresAt: ends }, signInNeeded: needed };
}

/** Asks what the server says of the account of a grant that was refreshed, and keeps it. Never rejects. */
export async function learnProfile(
  { cache, clock, log, server, reports }: RefresherOptions,
  provider: Provider,
  renewed: Grant,
  tokens: Tokens,
): Promise<void> {
  const fields = { provider: renewed.providerId, account: renewed.account.label };
  try {
    const profile = await server.profile(provider, renewed, tokens);
    if (!profile) return;
    const learnt = await cache.update(renewed.id, grant =>
      // Later tokens have facts of their own.
      grant.tokens.serial === renewed.tokens.serial
        ? withProfile(grant, profile, secondsNow(clock))
        : undefined,
    );
    const refused = learnt?.grant.signInNeeded?.accountRefused;
    if (!learnt || refused === renewed.signInNeeded?.accountRefused) return;
    log.warn(refused ? 'the account is refused' : 'the account is no longer refused', fields);
    if (refused) reports.onSignInNeeded(learnt.grant);
  } catch (error) {
    const failure = error instanceof Failure ? error.code : 'unknown';
    log.warn('nothing new is known of the account', { ...fields, failure });
  }
}
