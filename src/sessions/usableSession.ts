import { l10n } from '../platform/shown.ts';
import { secondsNow, type Clock } from '../platform/clock.ts';
import { StartFailure } from '../protocol/failures/knownFailure.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { accessTokenOf, derivedScopes, serialOf, type AccessToken } from './grant/derived.ts';
import { fateOf, type Fate } from './grant/fate.ts';
import { blank, type Which } from './grant/memory.ts';
import { isRenewable, type Grant } from './grant/grant.ts';
import { targetOf } from './grant/pseudoScopes.ts';
import { isSameSet } from './grant/scopes.ts';
import { sessionOf, type Session } from './grant/sessions.ts';
import type { Sharing } from './sharing/sharing.ts';
import type { GrantCache } from './store/grantCache.ts';

export interface GrantSource {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly sharing: Pick<Sharing, 'renew' | 'derive'>;
}

/** Asks for a later token than the grant has. @returns undefined if the grant has gone. */
export const renewed = ({ sharing }: GrantSource, grant: Grant, which: Which): Promise<Grant | undefined> =>
  which
    ? sharing.derive(grant.id, which, serialOf(grant, which))
    : sharing.renew(grant.id, grant.tokens.serial);

/**
 * The grant with a working access token, if one is available. `token` is undefined if none is, in the end. No caller
 * waits for the network while the current one works.
 */
export async function fresh(
  source: GrantSource,
  provider: Provider,
  grant: Grant,
  which: Which,
): Promise<{ grant: Grant; token: AccessToken | undefined; hasEnded: boolean } | undefined> {
  const { kind, answers } = fateNow(source, provider, grant, which);
  if (kind === 'due' && answers) void renewed(source, grant, which);
  const latest = answers || kind === 'refused' ? grant : await renewed(source, grant, which);
  if (!latest) return undefined;
  const fate = fateNow(source, provider, latest, which);
  const token = accessTokenOf(latest, which);
  // Offline, an expired token is still the best choice: without it the user would be asked to sign in, which isn't
  // possible offline either.
  const isHopeless = token && fate.kind === 'needs-sign-in' && !fate.works;
  return isHopeless ? undefined : { grant: latest, token, hasEnded: !fate.works };
}

/** As far as this window knows. */
const fateNow = ({ clock }: GrantSource, provider: Provider, grant: Grant, which: Which): Fate =>
  fateOf(grant, provider, blank, secondsNow(clock), which);

/**
 * The session of a grant for these scopes, if it is available without the user.
 *
 * @throws Failure `token-not-narrowed`, `token-unavailable`
 */
export async function usableSession(
  source: GrantSource,
  provider: Provider,
  grant: Grant,
  scopes: readonly string[],
): Promise<Session | undefined> {
  const derived = derivedScopes(provider, grant, scopes);
  const found = await fresh(source, provider, grant, derived);
  if (!found?.token) return found && derived && noDerived(source, provider, found.grant, scopes, derived);
  // No extension gets an access token before the refresh token that came with it is stored.
  await source.cache.stored(found.grant.id);
  return sessionOf(found.grant, scopes, found.token, provider);
}

/** Explains why there is no derived token, or returns if a sign-in helps. */
function noDerived(
  source: GrantSource,
  provider: Provider,
  grant: Grant,
  scopes: readonly string[],
  derived: readonly string[],
): undefined {
  if (grant.signInNeeded) return undefined;
  const isOther = !isSameSet(targetOf(scopes), grant.target);
  const fate = fateNow(source, provider, grant, derived);
  const nothing = isRenewable(grant) ? undefined : l10n.t('There’s no refresh token to request it with.');
  const refusal = fate.kind === 'refused' ? fate.reason : nothing;
  if (isOther && refusal !== undefined) return undefined;
  if (refusal === undefined) throw new StartFailure('token-unavailable', { provider: provider.label });
  throw new StartFailure('token-not-narrowed', { provider: provider.label, reason: refusal });
}
