import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import { Failure } from '../../../src/protocol/failure.ts';
import type { Tokens } from '../../../src/protocol/tokens.ts';
import type { AccountFacts } from '../../../src/sessions/accountFacts.ts';
import type { Grant } from '../../../src/sessions/grant.ts';
import { createGrantBook } from '../../../src/sessions/grantBook.ts';
import { createGrantStore } from '../../../src/sessions/grantStore.ts';
import { createKeeper } from '../../../src/sessions/keeper.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someGrant, someTokens, start } from './someGrant.ts';

const unreachable = () =>
  new Failure('unreachable', { host: 'login.example.com', reason: 'there is no network' }, { sent: false });
const lost = () => new Failure('timed-out', { host: 'login.example.com', seconds: 15 });
const refused = () =>
  new Failure('grant-refused', { host: 'login.example.com', error: 'invalid_grant', said: '' });

/** A keeper whose server answers as the test says; every refresh token that was sent is noted. */
function keeping(storage = memorySecretStorage()) {
  const clock = manualClock(start * 1000);
  const log = recordingLog();
  const sent: string[] = [];
  const needed: string[] = [];
  const orphaned: string[] = [];
  const server = {
    owner: true,
    configured: true,
    grace: 0,
    answer: (serial: number): Promise<Tokens> => Promise.resolve(tokensOf(serial)),
    facts: (): Promise<AccountFacts | undefined> => Promise.resolve(undefined),
  };
  const tokensOf = (serial: number): Tokens => ({
    accessToken: secret(`access-${serial}`),
    refreshToken: secret(`refresh-${serial}`),
    idToken: undefined,
    idTokenClaims: undefined,
    receivedAt: Math.floor(clock.now() / 1000),
    expiresAt: Math.floor(clock.now() / 1000) + 3600,
    grantedScopes: undefined,
  });
  const open = () => {
    const store = createGrantStore({ storage, log, onSetAside: () => assert.fail('nothing is damaged') });
    const book = createGrantBook(store, clock, log);
    const keeper = createKeeper({
      book,
      clock,
      log,
      random: () => 0,
      refresh(grant, beforeSending) {
        beforeSending();
        sent.push(grant.tokens.refreshToken?.reveal() ?? '');
        return server.answer(grant.tokens.serial + 1);
      },
      facts: () => server.facts(),
      isConfigured: () => server.configured,
      assumedLifetime: () => undefined,
      isOwner: () => server.owner,
      rotationGrace: () => server.grace,
      onSignInNeeded: grant => needed.push(grant.signInNeeded?.reason ?? ''),
      onOrphaned: (_, tokens) => orphaned.push(tokens.accessToken.reveal()),
    });
    return { book, keeper };
  };
  return { storage, clock, log, sent, needed, orphaned, server, tokensOf, open };
}

const minutes = (count: number): number => count * 60_000;

describe('the keeper of tokens', () => {
  it('refreshes when the time has come, again and again', async () => {
    const { clock, sent, open } = keeping();
    const { book } = open();
    await book.put(someGrant());
    await clock.advance(minutes(53));
    assert.deepEqual(sent, []);
    await clock.advance(minutes(1));
    assert.deepEqual(sent, ['refresh-1']);
    assert.equal((await book.get('grant-0001'))?.tokens.accessToken.reveal(), 'access-2');
    await clock.advance(minutes(54 * 3));
    assert.deepEqual(sent, ['refresh-1', 'refresh-2', 'refresh-3', 'refresh-4']);
  });

  it('sends one request however many ask', async () => {
    const { sent, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    const answers = await Promise.all(Array.from({ length: 1000 }, () => keeper.renew('grant-0001', 1)));
    assert.deepEqual(sent, ['refresh-1']);
    assert.deepEqual(new Set(answers.map(grant => grant?.tokens.serial)), new Set([2]));
    assert.equal(
      (await keeper.renew('grant-0001', 1))?.tokens.serial,
      2,
      'who has the old one is given the new one',
    );
    assert.equal(sent.length, 1);
  });

  it('stores the new refresh token before anybody gets the access token', async () => {
    const { storage, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    const grant = await keeper.renew('grant-0001', 1);
    assert.equal(grant?.tokens.serial, 2);
    assert.match(storage.values.get('grant:grant-0001') ?? '', /refresh-2/);
  });

  it('stores that it is about to send, before it sends', async () => {
    const { storage, server, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    let stored: string | undefined;
    server.answer = () => {
      stored = storage.values.get('grant:grant-0001');
      return Promise.reject(unreachable());
    };
    await keeper.renew('grant-0001', 1);
    assert.match(stored ?? '', new RegExp(`"refreshSentAt":${start}`));
  });

  it('keeps the old refresh token if the answer has none', async () => {
    const { server, tokensOf, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    server.answer = serial => Promise.resolve({ ...tokensOf(serial), refreshToken: undefined });
    assert.equal((await keeper.renew('grant-0001', 1))?.tokens.refreshToken?.reveal(), 'refresh-1');
  });

  it('stays calm offline: keeps the tokens, waits longer each time, and recovers', async () => {
    const { clock, sent, needed, server, tokensOf, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    server.answer = () => Promise.reject(unreachable());
    await clock.advance(minutes(24 * 60));
    assert.ok(sent.length > 10 && sent.length < 600, `${sent.length} attempts in a day`);
    assert.deepEqual(new Set(sent), new Set(['refresh-1']));
    assert.deepEqual(needed, []);
    const state = keeper.state('grant-0001');
    assert.ok(state.kind === 'offline' && state.failures > 5);
    assert.equal((await book.get('grant-0001'))?.tokens.accessToken.reveal(), 'access-1');

    server.answer = serial => Promise.resolve(tokensOf(serial));
    await clock.advance(minutes(6));
    assert.equal((await book.get('grant-0001'))?.tokens.serial, 2);
    assert.equal(keeper.state('grant-0001').kind, 'resting');
  });

  it('waits as long as the server asks', async () => {
    const { clock, sent, server, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    const details = { host: 'login.example.com', status: 429 };
    server.answer = () => Promise.reject(new Failure('rate-limited', details, { retryAfter: 900 }));
    await keeper.renew('grant-0001', 1);
    await keeper.renew('grant-0001', 1);
    await clock.advance(minutes(14));
    assert.equal(sent.length, 1, 'also when it is asked');
  });

  it('does not send a token again that may be spent, while the access token lives', async () => {
    const { clock, sent, server, open } = keeping();
    const { book } = open();
    await book.put(someGrant());
    server.answer = () => Promise.reject(lost());
    await clock.advance(minutes(59));
    assert.deepEqual(sent, ['refresh-1']);
    await clock.advance(minutes(1));
    assert.deepEqual(sent, ['refresh-1', 'refresh-1'], 'then there is nothing left to lose');
  });

  it('does not send a token that may be spent when it is asked either', async () => {
    const { clock, sent, server, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    server.answer = () => Promise.reject(lost());
    await clock.advance(minutes(58));
    assert.equal((await keeper.renew('grant-0001', 1))?.tokens.serial, 1);
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('sends it again at once to a server that forgives that for a while, and only for that while', async () => {
    const { clock, sent, server, open } = keeping();
    const { book } = open();
    await book.put(someGrant());
    server.grace = 30;
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
    await mine.book.put(someGrant());
    mine.keeper.dispose();
    const { keeper, book } = theirs;
    await book.get('grant-0001');
    await mine.book.update('grant-0001', grant => ({ ...grant, tokens: someTokens(2) }));
    assert.match(storage.values.get('grant:grant-0001') ?? '', /refresh-2/);
    assert.equal((await keeper.renew('grant-0001', 1))?.tokens.serial, 2);
    assert.deepEqual(sent, []);
  });

  it('knows after a crash that a token may be spent', async () => {
    const before = keeping();
    await before.open().book.put(someGrant({ refreshSentAt: start + 10 }));
    const { clock, sent, open } = keeping(before.storage);
    const { book } = open();
    await book.ofProvider('oidc');
    await clock.advance(minutes(59));
    assert.deepEqual(sent, []);
    await clock.advance(minutes(1));
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('ends with a reason, told once, when the server has the last word', async () => {
    const { clock, sent, needed, server, storage, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    server.answer = () => Promise.reject(refused());
    const grant = await keeper.renew('grant-0001', 1);
    assert.match(grant?.signInNeeded?.reason ?? '', /no longer accepts this sign-in \(invalid_grant\)/);
    await keeper.renew('grant-0001', 1);
    await clock.advance(minutes(600));
    assert.equal(sent.length, 1);
    assert.equal(needed.length, 1);
    assert.match(storage.values.get('grant:grant-0001') ?? '', /signInNeeded/, 'also after a restart');
  });

  it('does not believe a refusal of a token that was replaced meanwhile', async () => {
    const { server, needed, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    const answer = Promise.withResolvers<Tokens>();
    server.answer = () => answer.promise;
    const renewing = keeper.renew('grant-0001', 1);
    await settled();
    await book.update('grant-0001', grant => ({ ...grant, tokens: someTokens(5) }));
    answer.reject(refused());
    assert.equal((await renewing)?.tokens.serial, 5);
    assert.equal((await book.get('grant-0001'))?.signInNeeded, undefined);
    assert.deepEqual(needed, []);
  });

  it('does not overwrite a new sign-in with an old refresh', async () => {
    const { server, tokensOf, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    const answer = Promise.withResolvers<Tokens>();
    server.answer = () => answer.promise;
    const renewing = keeper.renew('grant-0001', 1);
    await settled();
    await book.update('grant-0001', grant => ({ ...grant, tokens: someTokens(5) }));
    answer.resolve(tokensOf(2));
    await renewing;
    assert.equal((await book.get('grant-0001'))?.tokens.serial, 5);
  });

  it('gives tokens back that arrive after the sign-out', async () => {
    const { server, tokensOf, orphaned, open, storage } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    const answer = Promise.withResolvers<Tokens>();
    server.answer = () => answer.promise;
    const renewing = keeper.renew('grant-0001', 1);
    await settled();
    await book.remove('grant-0001', start);
    answer.resolve(tokensOf(2));
    assert.equal(await renewing, undefined);
    assert.deepEqual(orphaned, ['access-2']);
    assert.equal(storage.values.has('grant:grant-0001'), false);
  });

  it('sends nothing once another window is the owner', async () => {
    const { sent, server, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    server.owner = false;
    const grant = await keeper.renew('grant-0001', 1);
    assert.equal(grant?.tokens.serial, 1);
    assert.deepEqual(sent, []);
  });

  it('sends nothing for a provider that was edited', async () => {
    const { clock, sent, server, open } = keeping();
    const { book, keeper } = open();
    server.configured = false;
    await book.put(someGrant());
    await keeper.renew('grant-0001', 1);
    await clock.advance(minutes(600));
    assert.deepEqual(sent, []);
  });

  it('refreshes once after a long sleep', async () => {
    const { clock, sent, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    await clock.sleep(minutes(8 * 60));
    const [grant] = await Promise.all([keeper.renew('grant-0001', 1), keeper.renew('grant-0001', 1)]);
    assert.equal(grant?.tokens.serial, 2);
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('works on while the storage does not, and stores when it can', async () => {
    const { clock, storage, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    storage.fails = ({ operation }) => operation === 'store';
    assert.equal((await keeper.renew('grant-0001', 1))?.tokens.serial, 2);
    assert.doesNotMatch(storage.values.get('grant:grant-0001') ?? '', /refresh-2/);
    storage.fails = () => false;
    await clock.advance(10_000);
    assert.match(storage.values.get('grant:grant-0001') ?? '', /refresh-2/);
  });

  it('does not ask without pause a server whose tokens end at once', async () => {
    const { clock, sent, server, tokensOf, open } = keeping();
    const { book, keeper } = open();
    server.answer = serial => Promise.resolve({ ...tokensOf(serial), expiresAt: clock.now() / 1000 });
    await book.put(someGrant({ tokens: someTokens(1, { expiresAt: start }) }));
    for (let asked = 0; asked < 100; asked++) {
      const serial = (await book.get('grant-0001'))?.tokens.serial ?? 0;
      await keeper.renew('grant-0001', serial);
    }
    assert.equal(sent.length, 1, 'within one second');
    await clock.advance(60_000);
    assert.ok(sent.length >= 10 && sent.length <= 13, `${sent.length} requests in a minute`);
  });

  describe('learns with a refresh', () => {
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
      const { clock, sent, needed, server, open } = keeping();
      const { book } = open();
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
      const { server, needed, log, open } = keeping();
      const { book, keeper } = open();
      await book.put(someGrant());
      server.facts = () => Promise.reject(unreachable());
      await keeper.renew('grant-0001', 1);
      await settled();
      assert.deepEqual((await book.get('grant-0001'))?.claims, someGrant().claims);
      assert.deepEqual(needed, []);
      assert.match(log.text(), /nothing new is known of the account.*unreachable/);
    });
  });

  it('leaves no timer behind', async () => {
    const { clock, open } = keeping();
    const { book, keeper } = open();
    await book.put(someGrant());
    await book.put(someGrant({ id: 'grant-0002' }) satisfies Grant);
    assert.equal(clock.pending, 2);
    await book.remove('grant-0002', start);
    assert.equal(clock.pending, 1);
    keeper.dispose();
    assert.equal(clock.pending, 0);
  });
});
