import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import type { SessionsChange } from '../../../src/sessions/grant/sessions.ts';
import type { Provider } from '../../../src/providers/entries/definition.ts';
import { accountsInMemory } from './accountsInMemory.ts';
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
    const { cache, accounts } = accountsInMemory();
    await accounts.add(someProvider, hidden);
    const { session } = await accounts.add(edited, shown);
    const changes: SessionsChange[] = [];
    cache.onDidChange(change => changes.push(accounts.change(change, edited)));
    return { cache, accounts, changes, session };
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
    const { cache, changes } = await signedInTwice();
    await cache.update(hidden.id, grant => ({ ...grant, tokens: someTokens(2) }));
    await cache.remove(hidden.id, start);
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

describe('an account that its provider refuses', () => {
  it('is given to nobody, whatever its tokens are good for, until it no longer is', async () => {
    const { cache, accounts } = accountsInMemory();
    await accounts.add(someProvider, someGrant());
    const scopes = ['openid', 'profile'];
    const given = async (): Promise<number[]> => [
      (await accounts.sessions(someProvider, scopes)).length,
      (await accounts.current(someProvider)).length,
    ];
    assert.deepEqual(await given(), [1, 1]);
    const refused = { reason: 'Another person.', since: start, accountRefused: true } as const;
    await cache.update('grant-0001', grant => ({ ...grant, signInNeeded: refused }));
    assert.deepEqual(await given(), [0, 0]);
    await cache.update('grant-0001', grant => ({ ...grant, signInNeeded: undefined }));
    assert.deepEqual(await given(), [1, 1]);
  });
});

describe('a session that is handed out', () => {
  const scopes = ['openid', 'profile'];
  const tokens = (expiresAt: number | undefined) => someTokens(1, { receivedAt: start, expiresAt });
  const assuming: Provider = { ...someProvider, assumedTokenLifetime: 600 };

  for (const [when, provider, ends, expected] of [
    ['as its server says', assuming, start + 3600, start + 3600],
    ['as the settings assume', assuming, undefined, start + 600],
    ['unless nobody does', someProvider, undefined, undefined],
  ] as const) {
    it(`says when its token ends, ${when}`, async () => {
      const { accounts } = accountsInMemory();
      const { session } = await accounts.add(provider, someGrant({ tokens: tokens(ends) }));
      const [found] = await accounts.sessions(provider, scopes);
      assert.deepEqual([session.expiresAt, found?.expiresAt], [expected, expected]);
    });
  }

  it('says it of its own token, and a list of sessions of none', async () => {
    const { cache, accounts } = accountsInMemory();
    const narrowing: Provider = { ...someProvider, narrowTokens: true };
    const own = { kind: 'token', scopes: ['openid'], serial: 1, receivedAt: start } as const;
    const derived = [{ ...own, accessToken: secret('narrow'), expiresAt: start + 60 }];
    await cache.put(someGrant({ tokens: tokens(start + 3600), derived }));
    const [narrow] = await accounts.sessions(narrowing, ['openid']);
    assert.deepEqual([narrow?.accessToken.reveal(), narrow?.expiresAt], ['narrow', start + 60]);
    const listed = await accounts.sessions(narrowing, undefined);
    assert.deepEqual(
      listed.map(({ expiresAt }) => expiresAt),
      [undefined],
    );
  });
});
