import { systemClock } from '../../src/platform/clock.ts';
import type { Provider } from '../../src/providers/entries/definition.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import { createGrantCache } from '../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../src/sessions/store/grantStore.ts';
import { createTokenRefresher } from '../../src/sessions/refresh/refresher.ts';
import { refreshGrant } from '../../src/signIn/after/keepGrant.ts';
import { everyGrantOf, quietRefresher } from '../standIns/quietWindow.ts';
import { memorySecretStorage } from '../standIns/memorySecretStorage.ts';
import type { SignInTrial } from '../protocol/signingIn.ts';

export interface KeptGrant {
  /** Refreshes now, as the owner of the grants does. */
  renew(): Promise<Grant | undefined>;
  /** The grant as it is stored, read anew. */
  stored(): Promise<Grant | undefined>;
  /** How often the person was told that they must sign in again, and why. */
  readonly told: string[];
}

/** A grant at rest, with what keeps it fresh. */
export async function keep(
  trial: Pick<SignInTrial, 'log' | 'context'>,
  provider: Provider,
  grant: Grant,
): Promise<KeptGrant> {
  const { log, context } = trial;
  const storage = memorySecretStorage();
  const store = () => createGrantStore({ storage, log, onSetAside: () => undefined });
  const cache = createGrantCache(store(), systemClock, log);
  await cache.put(grant);
  const told: string[] = [];
  return {
    async renew() {
      const refresher = createTokenRefresher(
        quietRefresher({
          cache,
          clock: systemClock,
          log,
          providers: everyGrantOf(provider),
          refresh: (...renewal) => refreshGrant(context, ...renewal),
          onSignInNeeded: ended => void told.push(ended.signInNeeded?.reason ?? ''),
        }),
      );
      try {
        const current = await cache.get(grant.id);
        return await refresher.renew(grant.id, current?.tokens.serial ?? 0);
      } finally {
        refresher.dispose();
      }
    },
    stored: () => store().load(grant.id),
    told,
  };
}
