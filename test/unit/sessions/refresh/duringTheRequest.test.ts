import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { answerWith, hourOfTokens } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, someTokens, start } from '../someGrant.ts';
import { keeping, minutes } from './refreshing.ts';

const host = 'login.example.com';

describe('while a refresh is under way', () => {
  /** A window that asks, and another one that stores later tokens in the same storage until the answer comes. */
  async function overtaken() {
    const kept = keeping();
    const [mine, theirs] = [kept.open(), kept.open()];
    await mine.cache.put(someGrant());
    await theirs.cache.get('grant-0001');
    theirs.refresher.dispose();
    const answer = Promise.withResolvers<Tokens>();
    kept.server.answer = () => answer.promise;
    const asked = mine.refresher.renew('grant-0001', 1);
    await settled();
    assert.deepEqual(kept.sent, ['refresh-1']);
    const later = (grant: Grant): Grant => ({ ...grant, revision: 5e9, tokens: someTokens(9) });
    await theirs.cache.update('grant-0001', later);
    return { ...kept, mine, answer, asked };
  }

  it('a refusal ends nothing if another window has stored later tokens', async () => {
    const { mine, answer, asked } = await overtaken();
    const details = { host, error: 'invalid_grant', said: '' };
    answer.reject(new Failure('grant-refused', details, { oauthError: 'invalid_grant' }));
    const grant = await asked;
    assert.equal(grant?.tokens.serial, 9);
    assert.equal(grant.signInNeeded, undefined);
    assert.deepEqual(mine.needed, []);
  });

  it('an answer is not written over later tokens once another window leads', async () => {
    const { server, storage, tokensOf, answer, asked } = await overtaken();
    server.leader = false;
    answer.resolve(tokensOf(2));
    await asked;
    assert.match(storage.values.get('grant:grant-0001') ?? '', /refresh-9/);
  });

  it('a token that may be spent stays so, though another window takes that back', async () => {
    const { clock, server, sent, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    const answer = Promise.withResolvers<Tokens>();
    server.answer = () => answer.promise;
    const asked = refresher.renew('grant-0001', 1);
    await settled();
    const noted = cache.peek('grant-0001')?.refreshSentAt;
    assert.equal(noted, Math.floor(clock.now() / 1000));
    // It had not heard of the sending, and did not come to its own.
    await cache.put(someGrant({ revision: 900 }));
    answer.reject(new Failure('timed-out', { host, seconds: 15 }));
    assert.equal((await asked)?.refreshSentAt, noted);
    await clock.advance(minutes(30));
    assert.deepEqual(sent, ['refresh-1'], 'not again while the access token works');
    refresher.dispose();
  });

  it('everything that waits for it is waited for when its window leaves', async () => {
    const { server, sent, tokensOf, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    const answers = [Promise.withResolvers<Tokens>(), Promise.withResolvers<Tokens>()];
    server.answer = () => answers[sent.length - 1]?.promise ?? assert.fail();
    const asked = [refresher.renew('grant-0001', 1), refresher.derive('grant-0001', ['email'], 0)];
    await settled();
    let isIdle = false;
    void refresher.idle().then(() => (isIdle = true));
    answers[0]?.resolve(tokensOf(2));
    await settled();
    assert.deepEqual(sent, ['refresh-1', 'refresh-2']);
    assert.equal(isIdle, false);
    answers[1]?.resolve(tokensOf(3));
    await Promise.all(asked);
    await settled();
    assert.equal(isIdle, true);
  });

  for (const takesTime of [false, true])
    it(`a flaw in the ${takesTime ? 'part that takes time' : 'answer'} does not cost the new refresh token`, async () => {
      const clock = manualClock(start * 1000);
      const storage = memorySecretStorage();
      const flaw = new Failure('response-invalid', { host, reason: 'it is not JSON' });
      const { cache, refresher } = keptGrants(
        {
          clock,
          answer: () => assert.fail(),
          refresh(_provider, _grant, beforeSending) {
            beforeSending();
            const good = answerWith(hourOfTokens(clock, 2));
            return Promise.resolve({ ...good, takesTime, judge: () => Promise.reject(flaw) });
          },
        },
        storage,
      );
      await cache.put(someGrant());
      const grant = await refresher.renew('grant-0001', 1);
      refresher.dispose();
      assert.deepEqual([grant?.tokens.serial, grant?.tokens.refreshToken?.reveal()], [1, 'refresh-2']);
      assert.match(storage.values.get('grant:grant-0001') ?? '', /"refresh-2"/);
      assert.equal(grant?.refreshSentAt, undefined, 'it can be sent again');
    });
});

describe('what happens while a request is prepared', () => {
  const happenings: Readonly<Record<string, (made: ReturnType<typeof preparing>) => unknown>> = {
    'another window takes over': made => (made.isLeader = false),
    'it is signed out': ({ cache }) => cache.remove('grant-0001', start),
    'the server ends it': ({ cache }) =>
      cache.update('grant-0001', grant => ({
        ...grant,
        signInNeeded: { reason: 'ended', since: start },
      })),
  };

  function preparing() {
    const clock = manualClock(start * 1000);
    const prepared = Promise.withResolvers<void>();
    const sent: string[] = [];
    const made = { isLeader: true };
    const kept = keptGrants({
      clock,
      answer: () => assert.fail(),
      isLeader: () => made.isLeader,
      async refresh(_provider, { tokens }, beforeSending) {
        await prepared.promise;
        beforeSending();
        sent.push(tokens.refreshToken?.reveal() ?? '');
        return answerWith(hourOfTokens(clock, tokens.serial + 1));
      },
    });
    return Object.assign(made, { ...kept, clock, prepared, sent });
  }

  for (const [what, happen] of [['nothing', () => undefined] as const, ...Object.entries(happenings)])
    it(`${what}: the token is ${what === 'nothing' ? 'sent' : 'not sent'}`, async () => {
      const made = preparing();
      const { cache, refresher, clock, prepared, sent } = made;
      await cache.put(someGrant());
      await clock.advance(30_000);
      const asked = refresher.renew('grant-0001', 1, true);
      await settled();
      void happen(made);
      await settled();
      prepared.resolve();
      await settled();
      assert.deepEqual(sent, what === 'nothing' ? ['refresh-1'] : []);
      refresher.dispose();
      const grant = await asked;
      assert.equal(
        grant?.tokens.refreshToken?.reveal(),
        what === 'nothing' ? 'refresh-2' : what.includes('signed out') ? undefined : 'refresh-1',
      );
    });
});

it('a refresh that begins while the one before is being stored is carried out', async () => {
  const storage = memorySecretStorage();
  const { clock, server, tokensOf, open } = keeping(storage);
  const { cache, refresher } = open();
  await cache.put(someGrant());
  const isThere = async (serial: number): Promise<void> => {
    for (let turn = 0; turn < 100 && cache.peek('grant-0001')?.tokens.serial !== serial; turn++)
      await settled();
    assert.equal(cache.peek('grant-0001')?.tokens.serial, serial);
  };
  server.answer = serial => {
    storage.gone = true;
    return Promise.resolve(tokensOf(serial));
  };
  const first = refresher.renew('grant-0001', 1);
  await isThere(2);
  const arrived = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  server.answer = async serial => {
    arrived.resolve();
    await answered.promise;
    return tokensOf(serial);
  };
  const second = refresher.renew('grant-0001', 2);
  storage.gone = false;
  await Promise.all([first, arrived.promise]);
  // A third caller joins the one under way.
  const third = refresher.renew('grant-0001', 2);
  await settled();
  answered.resolve();
  await isThere(3);
  assert.deepEqual(
    (await Promise.all([second, third])).map(grant => grant?.tokens.serial),
    [3, 3],
  );
  await clock.advance(1);
});
