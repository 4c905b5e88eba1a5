import type { Log } from '../../platform/log.ts';
import { once } from '../../platform/once.ts';
import type { Memories } from '../refresh/memories.ts';
import type { Sharing } from './sharing.ts';

/**
 * The sharing of grants, while it is still being loaded: a starting window serves sessions without it. Callers of other
 * functions wait for it.
 *
 * @param load see {@link shareGrants} in sharing.ts. After a failure, the next caller loads it again.
 */
export function sharingLater(memories: Memories, log: Log, load: () => Promise<Sharing>): Sharing {
  const loaded = once(async () => {
    // After the start: the editor, and its callers, must not wait for another window.
    await new Promise(resolve => setTimeout(resolve));
    return load();
  });
  const tell = (change: (sharing: Sharing) => void = () => undefined): void =>
    void loaded().then(change, () =>
      log.error('what shares the sign-ins with other windows could not be loaded'),
    );
  tell();
  return {
    memories,
    renew: async (...asked) => (await loaded()).renew(...asked),
    derive: async (...asked) => (await loaded()).derive(...asked),
    add: async (...added) => (await loaded()).add(...added),
    deliver: async (...response) => (await loaded()).deliver(...response),
    signOuts: {
      keep: async (...kept) => (await loaded()).signOuts.keep(...kept),
      forget: async (...forgotten) => (await loaded()).signOuts.forget(...forgotten),
    },
    rouse: () => tell(sharing => sharing.rouse()),
    credentialsChanged: () => tell(sharing => sharing.credentialsChanged()),
    record: activity => tell(sharing => sharing.record(activity)),
    activities: async () => (await loaded()).activities(),
    dispose: async () => (await loaded()).dispose(),
  };
}
