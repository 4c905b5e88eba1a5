import assert from 'node:assert/strict';
import type { RefreshAnswer } from '../../../../src/protocol/tokens/tokens.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { createGrantCache } from '../../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../../src/sessions/store/grantStore.ts';
import { shareGrants } from '../../../../src/sessions/sharing/sharing.ts';
import { createMemories } from '../../../../src/sessions/refresh/memories.ts';
import { joinWindows } from '../../../../src/windows/group.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { memoryNetwork, type Life } from '../../../standIns/memoryTransport.ts';
import { everyGrantOf, quietWindow } from '../../../standIns/quietWindow.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { someProvider } from '../someGrant.ts';

/**
 * Windows that share grants in one process, by a clock that stands still.
 *
 * @param answer is that of the server, which answers nobody without.
 */
export function windowsInMemory(answer?: (grant: Grant) => Promise<RefreshAnswer>) {
  const clock = manualClock();
  /** Windows that hear nothing. */
  const deaf = new Set<Life>();
  /** Every refresh token that was sent. */
  const sent: string[] = [];
  const never = new Promise<never>(() => undefined);
  const lines: string[] = [];
  const network = memoryNetwork((from, to, line) => {
    lines.push(line);
    return from !== to && deaf.has(to) ? never : new Promise(resolve => setImmediate(resolve));
  });
  return {
    clock,
    deaf,
    sent,
    /** What was said. */
    lines,
    network,
    async open(life: Life, storage = memorySecretStorage()) {
      const log = recordingLog();
      const store = createGrantStore({ storage, log, onSetAside: () => assert.fail('nothing is damaged') });
      const cache = createGrantCache(store, clock, log);
      const sharing = shareGrants({
        ...quietWindow,
        memories: createMemories(),
        cache,
        clock,
        log,
        directory: '',
        loadTransport: () => Promise.resolve(options => joinWindows(network.transport(life), options)),
        providers: everyGrantOf(someProvider),
        server: {
          refresh(_provider, grant, beforeSending) {
            beforeSending();
            sent.push(grant.tokens.refreshToken?.reveal() ?? '');
            return answer?.(grant) ?? never;
          },
          profile: () => (answer ? Promise.resolve(undefined) : never),
        },
      });
      await settled();
      return { cache, sharing, storage };
    },
  };
}
