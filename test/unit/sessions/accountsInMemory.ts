import assert from 'node:assert/strict';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import { addGrant } from '../../../src/sessions/store/addGrant.ts';
import { createGrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { nothingRenewed } from '../../standIns/nothingRenewed.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { start } from './someGrant.ts';

/** The accounts of one window, whose tokens nobody renews. */
export function accountsInMemory() {
  const clock = manualClock(start * 1000);
  const log = recordingLog();
  const storage = memorySecretStorage();
  const store = createGrantStore({ storage, log, onSetAside: () => assert.fail('nothing is damaged') });
  const cache = createGrantCache(store, clock, log);
  const accounts = createAccounts({
    cache,
    clock,
    log,
    sharing: { ...nothingRenewed(cache), add: (provider, grant) => addGrant(cache, provider, grant) },
  });
  return { clock, log, storage, cache, accounts };
}
