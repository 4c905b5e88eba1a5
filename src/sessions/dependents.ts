import type { ConfiguredProviders } from '../providers/entries/configuredProviders.ts';
import type { Provider } from '../providers/entries/definition.ts';
import type { Grant } from './grant/grant.ts';
import { sessionsOf } from './grant/sessions.ts';
import type { GrantCache } from './store/grantCache.ts';

/** Sign-ins to another provider, by their sessions. */
export interface Dependent {
  readonly provider: Provider;
  readonly sessionIds: readonly string[];
}

/**
 * The sign-ins that are made of this one by assertions of who is signed in. What a token was exchanged for isn't among
 * them: that is a token of its own, which isn't refreshed any more.
 */
export async function dependentsOf(
  providers: Pick<ConfiguredProviders, 'list'>,
  cache: Pick<GrantCache, 'ofProvider'>,
  { providerId, account }: Grant,
): Promise<Dependent[]> {
  const made = providers
    .list()
    .filter(({ service }) => service?.way === 'identity-assertion' && service.from === providerId);
  return Promise.all(
    made.map(async provider => {
      const grants = (await cache.ofProvider(provider.id)).filter(({ binding: { service } }) => {
        const isMade = service?.way === 'identity-assertion' && service.from === providerId;
        return isMade && service.account === account.id;
      });
      return { provider, sessionIds: grants.flatMap(sessionsOf).map(({ id }) => id) };
    }),
  );
}
