import { systemClock } from '../../src/platform/clock.ts';
import type { Provider } from '../../src/providers/definition.ts';
import type { Grant } from '../../src/sessions/grant.ts';
import { createGrantBook } from '../../src/sessions/grantBook.ts';
import { createGrantStore } from '../../src/sessions/grantStore.ts';
import { createKeeper } from '../../src/sessions/keeper.ts';
import { refreshGrant } from '../../src/signIn/keepGrant.ts';
import { quietKeeper } from '../standIns/quietWindow.ts';
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
  const book = createGrantBook(store(), systemClock, log);
  await book.put(grant);
  const told: string[] = [];
  return {
    async renew() {
      const keeper = createKeeper({
        ...quietKeeper,
        book,
        clock: systemClock,
        log,
        heardOthers: () => Promise.resolve(),
        refresh: (current, beforeSending) => refreshGrant(context, provider, current, beforeSending),
        onSignInNeeded: ended => void told.push(ended.signInNeeded?.reason ?? ''),
      });
      try {
        const current = await book.get(grant.id);
        return await keeper.renew(grant.id, current?.tokens.serial ?? 0);
      } finally {
        keeper.dispose();
      }
    },
    stored: () => store().load(grant.id),
    told,
  };
}
