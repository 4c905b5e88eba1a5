import assert from 'node:assert/strict';
import { shown } from '../../../../src/platform/shown.ts';
import type { SessionsChange } from '../../../../src/sessions/grant/sessions.ts';
import { accountsInMemory } from '../accountsInMemory.ts';
import { someGrant, someProvider, someTokens, start } from '../someGrant.ts';

function watched() {
  const { cache, accounts } = accountsInMemory();
  const changes: Record<keyof SessionsChange, string[]>[] = [];
  cache.onDidChange(change => {
    const { added, removed, changed } = accounts.change(change);
    const ids = (sessions: readonly { id: string }[]) => sessions.map(({ id }) => id);
    changes.push({ added: ids(added), removed: ids(removed), changed: ids(changed) });
  });
  return { cache, accounts, changes };
}

describe('what the editor is told', () => {
  it('of a sign-in, a refresh and a sign-out', async () => {
    const { cache, accounts, changes } = watched();
    const { session } = await accounts.add(someProvider, someGrant());
    await cache.update('grant-0001', grant => ({ ...grant, tokens: someTokens(2) }));
    await accounts.remove(session.id);
    assert.deepEqual(changes, [
      { added: [session.id], removed: [], changed: [] },
      { added: [], removed: [], changed: [session.id] },
      { added: [], removed: [session.id], changed: [] },
    ]);
  });

  it('of the sessions of an account that remain when one of its grants goes', async () => {
    const { accounts, changes } = watched();
    const narrow = someGrant({ id: 'grant-0002', grantedScopes: ['mail'], sessions: [['mail']] });
    const kept = await accounts.add(someProvider, someGrant());
    const gone = await accounts.add(someProvider, {
      ...narrow,
      tokens: someTokens(1, { accessToken: someTokens(9).accessToken }),
    });
    assert.notEqual(kept.session.id, gone.session.id, 'neither replaces the other');
    assert.equal((await accounts.remove(gone.session.id))?.isLast, false);
    assert.deepEqual(changes.at(-1), {
      added: [],
      removed: [gone.session.id],
      changed: [kept.session.id],
    });
    await accounts.add(
      someProvider,
      someGrant({ id: 'grant-0003', account: { id: 'bob', label: shown('bob') } }),
    );
    assert.equal(
      (await accounts.remove(kept.session.id))?.isLast,
      true,
      'the other account is somebody else',
    );
  });

  it('of the same account signed in again: the same sessions, with other tokens', async () => {
    const { cache, accounts, changes } = watched();
    const first = await accounts.add(someProvider, someGrant());
    const again = someGrant({
      id: 'grant-0002',
      tokens: { ...someTokens(1), accessToken: someTokens(7).accessToken },
    });
    const second = await accounts.add(someProvider, again);
    assert.equal(second.session.id, first.session.id);
    assert.deepEqual(changes.at(-1), { added: [], removed: [], changed: [first.session.id] });
    assert.ok((cache.known()[0]?.revision ?? 0) > 1e9, 'it wins over any refresh of the earlier one');
  });

  it('of a sign-in after one was needed: as if the session were new', async () => {
    const { cache, accounts, changes } = watched();
    const { session } = await accounts.add(someProvider, someGrant());
    const signInNeeded = { reason: 'The server said no.', since: start };
    await cache.update('grant-0001', grant => ({ ...grant, signInNeeded }));
    await accounts.add(
      someProvider,
      someGrant({ id: 'grant-0002', tokens: { ...someTokens(1), accessToken: someTokens(7).accessToken } }),
    );
    assert.deepEqual(changes.at(-1), { added: [session.id], removed: [], changed: [] });
  });

  it('of an account that is refused for a while: its sessions are not given out, and are as if new after that', async () => {
    const { cache, accounts, changes } = watched();
    const { session } = await accounts.add(someProvider, someGrant());
    const signInNeeded = { reason: 'Not in the group.', since: start, accountRefused: true } as const;
    await cache.update('grant-0001', grant => ({ ...grant, signInNeeded }));
    assert.deepEqual(changes.at(-1), { added: [], removed: [], changed: [session.id] });
    assert.deepEqual(await accounts.sessions(someProvider, session.scopes), []);
    const all = await accounts.sessions(someProvider, undefined);
    assert.deepEqual(
      all.map(({ id }) => id),
      [session.id],
      'the account is still there to be signed out',
    );
    await cache.update('grant-0001', grant => ({ ...grant, signInNeeded: undefined }));
    assert.deepEqual(changes.at(-1), { added: [session.id], removed: [], changed: [] });
    assert.equal((await accounts.sessions(someProvider, session.scopes)).length, 1);
  });

  it('of the same sign-in twice: nothing new', async () => {
    const { cache, accounts } = watched();
    await accounts.add(someProvider, someGrant());
    await accounts.add(someProvider, someGrant());
    assert.equal(cache.known()[0]?.revision, 1);
  });
});
