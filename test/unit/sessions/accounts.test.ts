import assert from 'node:assert/strict';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import { addGrant } from '../../../src/sessions/addGrant.ts';
import type { SessionsChange } from '../../../src/sessions/sessions.ts';
import type { Provider } from '../../../src/providers/definition.ts';
import { createGrantBook } from '../../../src/sessions/grantBook.ts';
import { createGrantStore } from '../../../src/sessions/grantStore.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someGrant, someProvider, someTokens, start } from './someGrant.ts';

/** The provider whose client id was edited in place, and the sign-in of before, which is kept but not shown. */
const edited: Provider = { ...someProvider, clientId: 'editor-2' };
const hidden = someGrant({ id: 'grant-hidden' });
const shown = someGrant({
  id: 'grant-shown',
  binding: { ...hidden.binding, clientId: 'editor-2' },
  tokens: someTokens(7),
});

describe('the accounts of a provider that was edited', () => {
  const signedInTwice = async () => {
    const clock = manualClock(start * 1000);
    const log = recordingLog();
    const store = createGrantStore({
      storage: memorySecretStorage(),
      log,
      onSetAside: () => assert.fail('nothing is damaged'),
    });
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
    await accounts.add(someProvider, hidden);
    const { session } = await accounts.add(edited, shown);
    const changes: SessionsChange[] = [];
    book.onDidChange(change => changes.push(accounts.change(change, edited)));
    return { book, accounts, changes, session };
  };

  it('have signed out when the sign-in that is shown has gone', async () => {
    const { accounts, changes, session } = await signedInTwice();
    const signedOut = await accounts.remove(session.id, edited);
    assert.equal(signedOut?.isLast, true, 'the other sign-in is no use to anybody');
    assert.deepEqual(
      changes.map(({ removed, changed }) => [removed.map(({ id }) => id), changed]),
      [[[session.id], []]],
      'or else the editor would go on showing the account',
    );
  });

  it('are not announced with a sign-in that is not shown', async () => {
    const { book, changes } = await signedInTwice();
    await book.update(hidden.id, grant => ({ ...grant, tokens: someTokens(2) }));
    await book.remove(hidden.id, start);
    assert.deepEqual(changes, [
      { added: [], removed: [], changed: [] },
      { added: [], removed: [], changed: [] },
    ]);
  });

  it('are as many as before where the sign-in of before is shown again', async () => {
    const { accounts, session } = await signedInTwice();
    const { clientId: _, ...anyClient } = someProvider;
    assert.equal((await accounts.remove(session.id, { ...anyClient, clientId: undefined }))?.isLast, false);
  });
});
