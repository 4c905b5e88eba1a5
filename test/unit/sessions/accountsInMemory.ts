import assert from 'node:assert/strict';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import { addGrant } from '../../../src/sessions/addGrant.ts';
import { createGrantBook } from '../../../src/sessions/grantBook.ts';
import { createGrantStore } from '../../../src/sessions/grantStore.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { start } from './someGrant.ts';

/** The accounts of one window, whose tokens nobody renews. */
export function accountsInMemory() {
  const clock = manualClock(start * 1000);
  const log = recordingLog();
  const storage = memorySecretStorage();
  const store = createGrantStore({ storage, log, onSetAside: () => assert.fail('nothing is damaged') });
  const book = createGrantBook(store, clock, log);
  const accounts = createAccounts({
    book,
    clock,
    log,
    renew: id => book.get(id),
    derive: id => book.get(id),
    add: (provider, grant) => addGrant(book, provider, grant),
    assumedLifetime: () => undefined,
  });
  return { clock, log, storage, book, accounts };
}
