import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { keeping, minutes, unreachable } from './refreshing.ts';
import { someGrant, someTokens, start } from '../someGrant.ts';

const lost = () => new Failure('timed-out', { host: 'login.example.com', seconds: 15 });

describe('what a refresh leaves behind', () => {
  it('is nothing if a new sign-in came first: no facts of the earlier one, and no line in the log', async () => {
    const { server, tokensOf, orphaned, open } = keeping();
    const { cache, refresher, log } = open();
    await cache.put(someGrant());
    const answer = Promise.withResolvers<Tokens>();
    server.answer = () => answer.promise;
    let profilesAsked = 0;
    server.profile = () => {
      profilesAsked++;
      return Promise.resolve({ claims: { name: 'as before' }, expiresAt: undefined, refusal: undefined });
    };
    const renewing = refresher.renew('grant-0001', 1);
    await settled();
    const claims = { name: 'as now' };
    await cache.update('grant-0001', grant => ({ ...grant, claims, tokens: someTokens(5) }));
    answer.resolve(tokensOf(2));
    assert.equal((await renewing)?.tokens.serial, 5);
    await settled();
    assert.equal(profilesAsked, 0);
    assert.deepEqual((await cache.get('grant-0001'))?.claims, claims);
    assert.doesNotMatch(log.text(), /\brefreshed\b/);
    assert.deepEqual(orphaned, []);
  });

  it('is what was known before, if it did not arrive: an earlier one may have', async () => {
    const { configure, clock, sent, server, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    configure({ rotationGrace: 30 });
    server.answer = () => Promise.reject(lost());
    await refresher.renew('grant-0001', 1);
    server.answer = () => Promise.reject(unreachable());
    await clock.advance(15_000);
    await refresher.renew('grant-0001', 1, true);
    assert.equal(sent.length, 2);
    assert.equal((await cache.get('grant-0001'))?.refreshSentAt, start);
    await clock.advance(minutes(59));
    assert.equal(sent.length, 2, 'not while the access token works');
  });
});

describe('a sign-out that another window stored and told nobody of, as it closed', () => {
  it('is found with the next change that is stored', async () => {
    const { open } = keeping();
    const [mine, theirs] = [open(), open()];
    await mine.cache.put(someGrant());
    mine.refresher.dispose();
    theirs.refresher.dispose();
    await theirs.cache.get('grant-0001');
    await theirs.cache.remove('grant-0001', start);
    assert.ok(await mine.cache.get('grant-0001'));
    const removed: string[] = [];
    mine.cache.onDidRemove(({ id }) => removed.push(id));
    await mine.cache.put(someGrant({ id: 'grant-0002' }));
    assert.equal(await mine.cache.get('grant-0001'), undefined);
    assert.deepEqual(removed, ['grant-0001']);
  });
});

describe('the times of the next refreshes', () => {
  it('are set when a provider comes back', async () => {
    const { configure, clock, sent, open } = keeping();
    const { cache } = open();
    configure(undefined);
    await cache.put(someGrant());
    await clock.advance(minutes(10));
    configure({});
    await clock.advance(minutes(44));
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('are given up when a provider goes', async () => {
    const { configure, clock, open } = keeping();
    const { cache } = open();
    await cache.put(someGrant());
    assert.equal(clock.pending, 1);
    configure(undefined);
    assert.equal(clock.pending, 0);
  });

  it('follow the lifetime that is assumed for the tokens', async () => {
    const { configure, clock, sent, open } = keeping();
    const { cache } = open();
    await cache.put(someGrant({ tokens: someTokens(1, { expiresAt: undefined }) }));
    await clock.advance(minutes(10));
    assert.deepEqual(sent, []);
    configure({ assumedTokenLifetime: 1200 });
    await clock.advance(minutes(9));
    assert.deepEqual(sent, ['refresh-1']);
  });
});
