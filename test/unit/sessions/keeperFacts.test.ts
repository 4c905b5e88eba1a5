import assert from 'node:assert/strict';
import type { AccountFacts } from '../../../src/sessions/accountFacts.ts';
import { settled } from '../../standIns/manualClock.ts';
import { keeping, minutes, unreachable } from './keeping.ts';
import { someGrant, start } from './someGrant.ts';

describe('the keeper of tokens learns with a refresh', () => {
  const facts = (changes: Partial<AccountFacts> = {}): AccountFacts => ({
    claims: { groups: ['leads'] },
    expiresAt: undefined,
    refusal: undefined,
    ...changes,
  });

  it('what has become of the claims, and lets nobody wait for that', async () => {
    const { server, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    const answer = Promise.withResolvers<AccountFacts>();
    server.facts = () => answer.promise;
    const renewed = await keeper.renew('grant-0001', 1);
    assert.equal(renewed?.tokens.serial, 2);
    assert.deepEqual(renewed.claims, someGrant().claims);
    answer.resolve(facts());
    await settled();
    assert.deepEqual((await book.get('grant-0001'))?.claims, { groups: ['leads'] });
    assert.deepEqual((await book.get('grant-0001'))?.account, someGrant().account);
  });

  it('nothing, and writes nothing, if all is as before', async () => {
    const { server, storage, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    server.facts = () => Promise.resolve(facts({ claims: someGrant().claims }));
    const renewed = await keeper.renew('grant-0001', 1);
    const stored = storage.values.get('grant:grant-0001');
    await settled();
    assert.equal((await book.get('grant-0001'))?.revision, renewed?.revision);
    assert.equal(storage.values.get('grant:grant-0001'), stored);
  });

  it('when the token ends whose answer does not say it', async () => {
    const { clock, sent, server, tokensOf, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    server.answer = serial => Promise.resolve({ ...tokensOf(serial), expiresAt: undefined });
    server.facts = () => Promise.resolve(facts({ expiresAt: clock.now() / 1000 + 7200 }));
    await keeper.renew('grant-0001', 1);
    await settled();
    assert.equal((await book.get('grant-0001'))?.tokens.expiresAt, start + 7200);
    await clock.advance(minutes(119));
    assert.deepEqual(sent, ['refresh-1', 'refresh-2'], 'and refreshes before that');
  });

  it('nothing of a token that is no longer the latest', async () => {
    const { server, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    const late = Promise.withResolvers<AccountFacts>();
    server.facts = () => late.promise;
    await keeper.renew('grant-0001', 1);
    server.facts = () => Promise.resolve(facts({ claims: { groups: ['newest'] } }));
    await keeper.renew('grant-0001', 2);
    late.resolve(facts());
    await settled();
    assert.deepEqual((await book.get('grant-0001'))?.claims, { groups: ['newest'] });
  });

  it('that the account is refused: it is told once, refreshed on, and free when it no longer is', async () => {
    const { clock, sent, server, open } = keeping();
    const { book, needed } = open();
    await book.put(someGrant());
    server.facts = () => Promise.resolve(facts({ refusal: 'Not in the group.' }));
    await clock.advance(minutes(54 * 3));
    assert.equal(sent.length, 3);
    assert.deepEqual(needed, ['Not in the group.']);
    const refused = await book.get('grant-0001');
    assert.deepEqual(refused?.signInNeeded, {
      reason: 'Not in the group.',
      since: start + 54 * 60,
      accountRefused: true,
    });
    server.facts = () => Promise.resolve(facts());
    await clock.advance(minutes(54));
    const free = await book.get('grant-0001');
    assert.equal(free?.signInNeeded, undefined);
    assert.equal(free?.tokens.serial, 5);
  });

  it('nothing from a server that fails: what was known stays', async () => {
    const { server, open } = keeping();
    const { book, keeper, needed, log } = open();
    await book.put(someGrant());
    server.facts = () => Promise.reject(unreachable());
    await keeper.renew('grant-0001', 1);
    await settled();
    assert.deepEqual((await book.get('grant-0001'))?.claims, someGrant().claims);
    assert.deepEqual(needed, []);
    assert.match(log.text(), /nothing new is known of the account.*unreachable/);
  });
});
