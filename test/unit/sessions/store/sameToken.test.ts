import assert from 'node:assert/strict';
import { secret } from '../../../../src/platform/secret.ts';
import { addGrant } from '../../../../src/sessions/store/addGrant.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { hourOfTokens } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, someProvider, someTokens, start } from '../someGrant.ts';

/** The grants after a first sign-in and another one of the same account. */
async function signedInTwice(first: Partial<Grant>, second: Partial<Grant>) {
  const clock = manualClock(start * 1000);
  const { cache, refresher } = keptGrants({
    clock,
    answer: ({ tokens }) => Promise.resolve(hourOfTokens(clock, tokens.serial + 1)),
  });
  await addGrant(cache, someProvider, someGrant(first));
  const { grant } = await addGrant(cache, someProvider, someGrant({ id: 'grant-0002', ...second }));
  refresher.dispose();
  return { grant, known: cache.known() };
}

describe('a sign-in that is added once more', () => {
  it('does not bring back the tokens that were refreshed since', async () => {
    const clock = manualClock(start * 1000);
    const answer = ({ tokens }: Grant) => Promise.resolve(hourOfTokens(clock, tokens.serial + 1));
    const { cache, refresher } = keptGrants({ clock, answer });
    await addGrant(cache, someProvider, someGrant());
    await refresher.renew('grant-0001', 1);
    const { grant } = await addGrant(cache, someProvider, someGrant());
    assert.equal(grant.tokens.refreshToken?.reveal(), 'refresh-2');
    refresher.dispose();
  });

  it('does not bring them back either where it took the place of an earlier one, also after a restart', async () => {
    const clock = manualClock(start * 1000);
    const answer = ({ tokens }: Grant) => Promise.resolve(hourOfTokens(clock, tokens.serial + 1));
    const storage = memorySecretStorage();
    const first = keptGrants({ clock, answer }, storage);
    const again = someGrant({ id: 'grant-0002', tokens: someTokens(7) });
    await addGrant(first.cache, someProvider, someGrant());
    await addGrant(first.cache, someProvider, again);
    await first.refresher.renew('grant-0001', 2);
    await first.cache.written();
    first.refresher.dispose();
    const { cache, refresher } = keptGrants({ clock, answer }, storage);
    for (const grants of [first.cache, cache]) {
      const { grant } = await addGrant(grants, someProvider, again);
      assert.deepEqual([grant.id, grant.tokens.serial], ['grant-0001', 3]);
      assert.equal(grant.tokens.refreshToken?.reveal(), 'refresh-3');
    }
    // Another sign-in does take its place.
    const { grant } = await addGrant(cache, someProvider, { ...again, id: 'grant-0003' });
    assert.equal(grant.tokens.refreshToken?.reveal(), 'refresh-7');
    refresher.dispose();
  });
});

describe('a new sign-in that the server answers with the same access token', () => {
  it('brings the scopes that it was for', async () => {
    const { grant, known } = await signedInTwice(
      { grantedScopes: ['chat'], sessions: [['chat']] },
      { grantedScopes: ['chat', 'files'], sessions: [['files']] },
    );
    assert.equal(known.length, 1);
    assert.deepEqual([grant.id, grant.tokens.serial], ['grant-0001', 2]);
    assert.deepEqual(new Set(grant.grantedScopes), new Set(['chat', 'files']));
    assert.deepEqual(grant.sessions, [['files'], ['chat']]);
  });

  it('takes no scope away: there is one grant, for all that the token is for', async () => {
    const { grant, known } = await signedInTwice(
      { grantedScopes: ['chat'], sessions: [['chat']] },
      { grantedScopes: ['files'], sessions: [['files']] },
    );
    assert.equal(known.length, 1);
    assert.deepEqual(new Set(grant.grantedScopes), new Set(['chat', 'files']));
  });

  it('brings a new refresh token', async () => {
    const tokens = someTokens(1, { refreshToken: secret('refresh-new') });
    const { grant } = await signedInTwice({}, { tokens });
    assert.equal(grant.tokens.refreshToken?.reveal(), 'refresh-new');
  });

  it('keeps the refresh token if it brings none', async () => {
    const tokens = someTokens(1, { refreshToken: undefined });
    const sessions = [['openid', 'email']];
    const { grant } = await signedInTwice({}, { tokens, sessions });
    assert.equal(grant.tokens.refreshToken?.reveal(), 'refresh-1');
    assert.equal(grant.sessions.length, 2);
  });

  it('is the sign-in that was needed', async () => {
    const { grant } = await signedInTwice(
      { signInNeeded: { reason: 'The server said no.', since: start } },
      {},
    );
    assert.equal(grant.signInNeeded, undefined);
  });

  it('replaces the grant that has that token, also beside a later one', async () => {
    const { cache, refresher } = keptGrants({
      clock: manualClock(start * 1000),
      answer: () => assert.fail(),
    });
    const chat = { grantedScopes: ['chat'], sessions: [['chat']] };
    await cache.put(someGrant(chat));
    const tokens = someTokens(9, { receivedAt: start + 9 });
    await cache.put(someGrant({ ...chat, id: 'grant-0009', tokens }));
    const grantedScopes = ['chat', 'files'];
    const again = someGrant({ id: 'grant-0002', grantedScopes, sessions: [['files']] });
    assert.equal((await addGrant(cache, someProvider, again)).grant.id, 'grant-0001');
    refresher.dispose();
  });

  it('changes nothing if it brings nothing', async () => {
    const sessions = [['profile', 'openid']];
    const { grant } = await signedInTwice({}, { sessions, grantedScopes: ['openid', 'profile'] });
    assert.equal(grant.revision, 1);
    assert.deepEqual(grant.sessions, [['openid', 'profile']]);
  });
});
