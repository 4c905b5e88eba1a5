import assert from 'node:assert/strict';
import type { AccountProfile } from '../../../../src/sessions/grant/events.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { keeping, minutes, unreachable } from './refreshing.ts';
import { dueAfter, someGrant, start } from '../someGrant.ts';

describe('the token refresher learns with a refresh', () => {
  const profile = (changes: Partial<AccountProfile> = {}): AccountProfile => ({
    claims: { groups: ['leads'] },
    expiresAt: undefined,
    refusal: undefined,
    ...changes,
  });

  it('what has become of the claims, and lets nobody wait for that', async () => {
    const { server, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    const answer = Promise.withResolvers<AccountProfile>();
    server.profile = () => answer.promise;
    const renewed = await refresher.renew('grant-0001', 1);
    assert.equal(renewed?.tokens.serial, 2);
    assert.deepEqual(renewed.claims, someGrant().claims);
    answer.resolve(profile());
    await settled();
    assert.deepEqual((await cache.get('grant-0001'))?.claims, { groups: ['leads'] });
    assert.deepEqual((await cache.get('grant-0001'))?.account, someGrant().account);
  });

  it('nothing, and writes nothing, if all is as before', async () => {
    const { server, storage, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    server.profile = () => Promise.resolve(profile({ claims: someGrant().claims }));
    const renewed = await refresher.renew('grant-0001', 1);
    const stored = storage.values.get('grant:grant-0001');
    await settled();
    assert.equal((await cache.get('grant-0001'))?.revision, renewed?.revision);
    assert.equal(storage.values.get('grant:grant-0001'), stored);
  });

  it('when the token ends whose answer does not say it', async () => {
    const { clock, sent, server, tokensOf, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    server.answer = serial => Promise.resolve({ ...tokensOf(serial), expiresAt: undefined });
    server.profile = () => Promise.resolve(profile({ expiresAt: clock.now() / 1000 + 7200 }));
    await refresher.renew('grant-0001', 1);
    await settled();
    assert.equal((await cache.get('grant-0001'))?.tokens.expiresAt, start + 7200);
    await clock.advance(minutes(119));
    assert.deepEqual(sent, ['refresh-1', 'refresh-2'], 'and refreshes before that');
  });

  it('nothing of a token that is no longer the latest', async () => {
    const { server, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    const late = Promise.withResolvers<AccountProfile>();
    server.profile = () => late.promise;
    await refresher.renew('grant-0001', 1);
    server.profile = () => Promise.resolve(profile({ claims: { groups: ['newest'] } }));
    await refresher.renew('grant-0001', 2);
    late.resolve(profile());
    await settled();
    assert.deepEqual((await cache.get('grant-0001'))?.claims, { groups: ['newest'] });
  });

  it('that the account is refused: it is told once, refreshed on, and free when it no longer is', async () => {
    const { clock, sent, server, open } = keeping();
    const { cache, needed } = open();
    await cache.put(someGrant());
    server.profile = () => Promise.resolve(profile({ refusal: 'Not in the group.' }));
    await clock.advance(minutes(54 * 3));
    assert.equal(sent.length, 3);
    assert.deepEqual(needed, ['Not in the group.']);
    const refused = await cache.get('grant-0001');
    assert.deepEqual(refused?.signInNeeded, {
      reason: 'Not in the group.',
      since: start + dueAfter(),
      accountRefused: true,
    });
    server.profile = () => Promise.resolve(profile());
    await clock.advance(minutes(54));
    const free = await cache.get('grant-0001');
    assert.equal(free?.signInNeeded, undefined);
    assert.equal(free?.tokens.serial, 5);
  });

  it('that fewer scopes are granted than were asked for, which the log says', async () => {
    const { server, tokensOf, open } = keeping();
    const { cache, refresher, log } = open();
    await cache.put(
      someGrant({ sessions: [['api:read', 'api:write']], grantedScopes: ['api:read', 'api:write'] }),
    );
    await refresher.renew('grant-0001', 1);
    assert.doesNotMatch(log.text(), /notGranted/);
    server.answer = serial => Promise.resolve({ ...tokensOf(serial), grantedScopes: ['api:read'] });
    await refresher.renew('grant-0001', 2);
    assert.match(log.text(), /refreshed .*notGranted=\[api:write\]/);
  });

  it('nothing from a server that fails: what was known stays', async () => {
    const { server, open } = keeping();
    const { cache, refresher, needed, log } = open();
    await cache.put(someGrant());
    server.profile = () => Promise.reject(unreachable());
    await refresher.renew('grant-0001', 1);
    await settled();
    assert.deepEqual((await cache.get('grant-0001'))?.claims, someGrant().claims);
    assert.deepEqual(needed, []);
    assert.match(log.text(), /nothing new is known of the account.*unreachable/);
  });
});
