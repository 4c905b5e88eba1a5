import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { keeping, minutes, unreachable } from './refreshing.ts';
import { dueAfter, someGrant, someTokens, start } from '../someGrant.ts';

const lost = () => new Failure('timed-out', { host: 'login.example.com', seconds: 15 });
const refused = () =>
  new Failure(
    'grant-refused',
    { host: 'login.example.com', error: 'invalid_grant', said: '' },
    { oauthError: 'invalid_grant' },
  );

/** With a refresh under way, whose answer the test gives. */
async function refreshing() {
  const kept = keeping();
  const window = kept.open();
  await window.cache.put(someGrant());
  const answer = Promise.withResolvers<Tokens>();
  kept.server.answer = () => answer.promise;
  const renewing = window.refresher.renew('grant-0001', 1);
  await settled();
  return { ...kept, ...window, answer, renewing };
}

describe('the token refresher', () => {
  it('refreshes when the time has come, again and again', async () => {
    const { clock, sent, open } = keeping();
    const { cache } = open();
    await cache.put(someGrant());
    await clock.advance(dueAfter() * 1000 - 1);
    assert.deepEqual(sent, []);
    await clock.advance(1);
    assert.deepEqual(sent, ['refresh-1']);
    assert.equal((await cache.get('grant-0001'))?.tokens.accessToken.reveal(), 'access-2');
    await clock.advance(minutes(54 * 3));
    assert.deepEqual(sent, ['refresh-1', 'refresh-2', 'refresh-3', 'refresh-4']);
  });

  it('sends one request however many ask', async () => {
    const { sent, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    const answers = await Promise.all(Array.from({ length: 1000 }, () => refresher.renew('grant-0001', 1)));
    assert.deepEqual(sent, ['refresh-1']);
    assert.deepEqual(new Set(answers.map(grant => grant?.tokens.serial)), new Set([2]));
    assert.equal(
      (await refresher.renew('grant-0001', 1))?.tokens.serial,
      2,
      'who has the old one is given the new one',
    );
    assert.equal(sent.length, 1);
  });

  it('stores the new refresh token before anybody gets the access token', async () => {
    const { storage, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    const grant = await refresher.renew('grant-0001', 1);
    assert.equal(grant?.tokens.serial, 2);
    assert.match(storage.values.get('grant:grant-0001') ?? '', /refresh-2/);
  });

  it('stores that it is about to send, before it sends', async () => {
    const { storage, server, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    let stored: string | undefined;
    server.answer = () => {
      stored = storage.values.get('grant:grant-0001');
      return Promise.reject(unreachable());
    };
    await refresher.renew('grant-0001', 1);
    assert.match(stored ?? '', new RegExp(`"refreshSentAt":${start}`));
  });

  it('keeps the old refresh token if the answer has none', async () => {
    const { server, tokensOf, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    server.answer = serial => Promise.resolve({ ...tokensOf(serial), refreshToken: undefined });
    assert.equal((await refresher.renew('grant-0001', 1))?.tokens.refreshToken?.reveal(), 'refresh-1');
  });

  it('stays calm offline: keeps the tokens, waits longer each time, and recovers', async () => {
    const { clock, sent, server, tokensOf, open } = keeping();
    const { cache, memories, needed } = open();
    await cache.put(someGrant());
    server.answer = () => Promise.reject(unreachable());
    await clock.advance(minutes(24 * 60));
    assert.ok(sent.length > 10 && sent.length < 600, `${sent.length} attempts in a day`);
    assert.deepEqual(new Set(sent), new Set(['refresh-1']));
    assert.deepEqual(needed, []);
    assert.ok((memories.of('grant-0001').trouble?.failures ?? 0) > 5);
    assert.equal((await cache.get('grant-0001'))?.tokens.accessToken.reveal(), 'access-1');

    server.answer = serial => Promise.resolve(tokensOf(serial));
    await clock.advance(minutes(6));
    assert.equal((await cache.get('grant-0001'))?.tokens.serial, 2);
    assert.equal(memories.of('grant-0001').trouble, undefined);
  });

  it('waits as long as the server asks', async () => {
    const { clock, sent, server, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    const details = { host: 'login.example.com', status: 429 };
    server.answer = () => Promise.reject(new Failure('rate-limited', details, { retryAfter: 900 }));
    await refresher.renew('grant-0001', 1);
    await refresher.renew('grant-0001', 1);
    await clock.advance(minutes(14));
    assert.equal(sent.length, 1, 'also when it is asked');
  });

  it('does not send a token again that may be spent, while the access token lives', async () => {
    const { clock, sent, server, open } = keeping();
    const { cache } = open();
    await cache.put(someGrant());
    server.answer = () => Promise.reject(lost());
    await clock.advance(minutes(59));
    assert.deepEqual(sent, ['refresh-1']);
    await clock.advance(minutes(1));
    assert.deepEqual(sent, ['refresh-1', 'refresh-1'], 'then there is nothing left to lose');
  });

  it('does not send a token that may be spent when it is asked either', async () => {
    const { clock, sent, server, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    server.answer = () => Promise.reject(lost());
    await clock.advance(minutes(58));
    assert.equal((await refresher.renew('grant-0001', 1))?.tokens.serial, 1);
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('sends it again at once to a server that forgives that for a while, and only for that while', async () => {
    const { configure, clock, sent, server, open } = keeping();
    const { cache } = open();
    await cache.put(someGrant());
    configure({ rotationGrace: 30 });
    server.answer = () => Promise.reject(lost());
    await clock.advance(minutes(58));
    const times = sent.length;
    assert.ok(times > 1 && times < 8, `sent ${times} times`);
    await clock.advance(minutes(1));
    assert.equal(sent.length, times);
  });

  it('takes what another window has stored instead of asking the server', async () => {
    const { sent, storage, open } = keeping();
    const [mine, theirs] = [open(), open()];
    await mine.cache.put(someGrant());
    mine.refresher.dispose();
    const { refresher, cache } = theirs;
    await cache.get('grant-0001');
    await mine.cache.update('grant-0001', grant => ({ ...grant, tokens: someTokens(2) }));
    assert.match(storage.values.get('grant:grant-0001') ?? '', /refresh-2/);
    assert.equal((await refresher.renew('grant-0001', 1))?.tokens.serial, 2);
    assert.deepEqual(sent, []);
  });

  it('refreshes at once with what another window has stored, which is still being written here', async () => {
    const { clock, sent, open } = keeping();
    const [mine, theirs] = [open(), open()];
    await mine.cache.put(someGrant());
    mine.refresher.dispose();
    await theirs.cache.get('grant-0001');
    await mine.cache.update('grant-0001', grant => ({ ...grant, claims: { name: 'Alice' } }));
    await clock.advance(minutes(54));
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('knows after a crash that a token may be spent', async () => {
    const before = keeping();
    await before.open().cache.put(someGrant({ refreshSentAt: start + 10 }));
    const { clock, sent, open } = keeping(before.storage);
    const { cache } = open();
    await cache.ofProvider('oidc');
    await clock.advance(minutes(59));
    assert.deepEqual(sent, []);
    await clock.advance(minutes(1));
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('ends with a reason, told once, when the server has the last word', async () => {
    const { clock, sent, server, storage, open } = keeping();
    const { cache, refresher, needed } = open();
    await cache.put(someGrant());
    server.answer = () => Promise.reject(refused());
    const grant = await refresher.renew('grant-0001', 1);
    assert.match(
      grant?.signInNeeded?.reason ?? '',
      /no longer considers this sign-in valid \(invalid_grant\)/,
    );
    await refresher.renew('grant-0001', 1);
    await clock.advance(minutes(600));
    assert.equal(sent.length, 1);
    assert.equal(needed.length, 1);
    assert.match(storage.values.get('grant:grant-0001') ?? '', /signInNeeded/, 'also after a restart');
  });

  it('does not believe a refusal of a token that was replaced meanwhile', async () => {
    const { cache, needed, answer, renewing } = await refreshing();
    await cache.update('grant-0001', grant => ({ ...grant, tokens: someTokens(5) }));
    answer.reject(refused());
    assert.equal((await renewing)?.tokens.serial, 5);
    assert.equal((await cache.get('grant-0001'))?.signInNeeded, undefined);
    assert.deepEqual(needed, []);
  });

  it('does not overwrite a new sign-in with an old refresh', async () => {
    const { cache, tokensOf, answer, renewing } = await refreshing();
    await cache.update('grant-0001', grant => ({ ...grant, tokens: someTokens(5) }));
    answer.resolve(tokensOf(2));
    await renewing;
    assert.equal((await cache.get('grant-0001'))?.tokens.serial, 5);
  });

  it('gives tokens back that arrive after the sign-out', async () => {
    const { cache, storage, tokensOf, orphaned, answer, renewing } = await refreshing();
    await cache.remove('grant-0001', start);
    answer.resolve(tokensOf(2));
    assert.equal(await renewing, undefined);
    assert.deepEqual(orphaned, ['access-2']);
    assert.equal(storage.values.has('grant:grant-0001'), false);
  });

  it('sends nothing once another window is the leader', async () => {
    const { sent, server, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    server.leader = false;
    const grant = await refresher.renew('grant-0001', 1);
    assert.equal(grant?.tokens.serial, 1);
    assert.deepEqual(sent, []);
  });

  it('sends nothing for a provider that was edited', async () => {
    const { configure, clock, sent, open } = keeping();
    const { cache, refresher } = open();
    configure(undefined);
    await cache.put(someGrant());
    await refresher.renew('grant-0001', 1);
    await clock.advance(minutes(600));
    assert.deepEqual(sent, []);
  });

  it('refreshes once after a long sleep', async () => {
    const { clock, sent, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    await clock.sleep(minutes(8 * 60));
    const [grant] = await Promise.all([refresher.renew('grant-0001', 1), refresher.renew('grant-0001', 1)]);
    assert.equal(grant?.tokens.serial, 2);
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('works on while the storage does not, and stores when it can', async () => {
    const { clock, storage, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    storage.fails = ({ operation }) => operation === 'store';
    assert.equal((await refresher.renew('grant-0001', 1))?.tokens.serial, 2);
    assert.doesNotMatch(storage.values.get('grant:grant-0001') ?? '', /refresh-2/);
    storage.fails = () => false;
    await clock.advance(10_000);
    assert.match(storage.values.get('grant:grant-0001') ?? '', /refresh-2/);
  });

  it('does not ask without pause a server whose tokens end at once', async () => {
    const { clock, sent, server, tokensOf, open } = keeping();
    const { cache, refresher } = open();
    server.answer = serial => Promise.resolve({ ...tokensOf(serial), expiresAt: clock.now() / 1000 });
    await cache.put(someGrant({ tokens: someTokens(1, { expiresAt: start }) }));
    for (let asked = 0; asked < 100; asked++) {
      const serial = (await cache.get('grant-0001'))?.tokens.serial ?? 0;
      await refresher.renew('grant-0001', serial);
    }
    assert.equal(sent.length, 1, 'within one second');
    await clock.advance(60_000);
    assert.ok(sent.length >= 10 && sent.length <= 13, `${sent.length} requests in a minute`);
  });

  it('leaves no timer behind', async () => {
    const { clock, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    await cache.put(someGrant({ id: 'grant-0002' }) satisfies Grant);
    assert.equal(clock.pending, 2);
    await cache.remove('grant-0002', start);
    assert.equal(clock.pending, 1);
    refresher.dispose();
    assert.equal(clock.pending, 0);
  });
});
