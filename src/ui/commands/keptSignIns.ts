import { l10n, type Shown } from '../../platform/shown.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Grant } from '../../sessions/grant/grant.ts';
import type { GrantCache } from '../../sessions/store/grantCache.ts';
import { isRemoval } from '../../sessions/store/grantIndex.ts';
import { sessionId } from '../../sessions/grant/scopes.ts';
import { signOut, type SignOutParts } from '../signIn/signOut.ts';

export interface KeptSignInsContext {
  readonly cache: GrantCache;
  readonly providers: ConfiguredProviders;
}

/** The sign-ins of a provider ID that isn't configured now, or not as it was. */
export interface KeptSignIns {
  readonly providerId: string;
  /** The provider's current name, or undefined if it isn't in the settings. */
  readonly changed: Shown | undefined;
  /** The labels of the accounts. */
  readonly labels: readonly string[];
  readonly grants: readonly Grant[];
}

/** Lists the sign-ins that are kept because their provider left the settings, until it is back or the user decides. */
export async function keptSignIns({ cache, providers }: KeptSignInsContext): Promise<KeptSignIns[]> {
  const entries = (await cache.entries()).filter(entry => !isRemoval(entry));
  const ids = [...new Set(entries.map(({ providerId }) => providerId))];
  const grants = (await Promise.all(ids.map(id => cache.ofProvider(id)))).flat();
  const kept = Map.groupBy(
    grants.filter(grant => providers.of(grant) === undefined),
    ({ providerId }) => providerId,
  );
  return [...kept].map(([providerId, ofProvider]) => ({
    providerId,
    changed: providers.byId(providerId)?.label,
    labels: [...new Set(ofProvider.map(({ account }) => account.label))],
    grants: ofProvider,
  }));
}

/** Signs them out here. Without the provider's settings, their tokens can't be revoked. */
export async function forgetKept(parts: SignOutParts, { grants }: KeptSignIns): Promise<void> {
  const ids = grants.map(({ id, sessions }) => sessionId(id, sessions[0] ?? []));
  await signOut(parts, undefined, ids);
}

/** What to show after they were forgotten. */
export const forgottenText = ({ providerId, changed, labels }: KeptSignIns): Shown =>
  changed !== undefined
    ? l10n.t(
        'Signed out of {0}: {1}. Its settings changed since you signed in, so the tokens weren’t revoked and will expire later.',
        changed,
        labels.join(', '),
      )
    : l10n.t(
        'Signed out of {0}: {1}. The provider is no longer in the settings, so the tokens weren’t revoked and will expire later.',
        providerId,
        labels.join(', '),
      );
