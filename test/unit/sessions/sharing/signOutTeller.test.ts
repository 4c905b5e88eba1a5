import assert from 'node:assert/strict';
import { secret } from '../../../../src/platform/secret.ts';
import { shown } from '../../../../src/platform/shown.ts';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Provider } from '../../../../src/providers/entries/definition.ts';
import { activityOf, type Activity } from '../../../../src/sessions/activity.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { createSignOutTeller } from '../../../../src/sessions/sharing/signOutTeller.ts';
import { signOutsKey } from '../../../../src/sessions/store/grantStore.ts';
import { createKeptSignOuts, mostSignOuts, signOutId } from '../../../../src/sessions/store/keptSignOuts.ts';
import { describeFinds, findSecrets } from '../../../canaries/canaries.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage, type MemorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { someGrant, someProvider, someTokens, start } from '../someGrant.ts';

const host = 'login.example.com';
const outOfReach = new Failure('unreachable', { host, reason: 'no network' });
const day = 86_400_000;
const token = 'kept-refresh-token-of-alice-3f9a';

const signedOut = (changes: Partial<Grant> = {}): Grant =>
  someGrant({ tokens: someTokens(1, { refreshToken: secret(token) }), ...changes });

/** The window that leads, with nobody signed in, and a server that answers as the test says. */
function leadingWindow(
  storage: MemorySecretStorage = memorySecretStorage(),
  clock = manualClock(start * 1000),
) {
  const log = recordingLog();
  const kept = createKeptSignOuts(storage, log);
  const recorded: Activity[] = [];
  const told: string[] = [];
  const state = {
    isLeader: true,
    alive: [] as readonly Grant[],
    provider: someProvider as Provider | undefined,
    answer: (_grant: Grant): Promise<'revoked' | 'unsupported'> => Promise.resolve('revoked'),
    settingsChanged: (): void => assert.fail('nobody listens to the settings'),
  };
  const teller = createSignOutTeller({
    kept,
    clock,
    log,
    cache: { ofProvider: () => Promise.resolve([]), known: () => state.alive },
    providers: {
      of: () => state.provider,
      onDidChange(listener) {
        state.settingsChanged = listener;
        return () => undefined;
      },
    },
    record: (event, grant, reason) =>
      recorded.push(activityOf(event, grant, Math.floor(clock.now() / 1000), reason)),
    isLeader: () => state.isLeader,
    revoke(_provider, grant) {
      told.push(`${grant.id} ${grant.tokens.refreshToken?.reveal() ?? ''}`);
      return state.answer(grant);
    },
  });
  const isKept = () => storage.values.has(signOutsKey);
  return { storage, clock, log, kept, recorded, told, state, teller, isKept };
}

describe('a sign-out that could not be told', () => {
  it('is told when the provider is back, once, and then forgotten', async () => {
    const { clock, state, teller, told, recorded, isKept } = leadingWindow();
    state.answer = () => Promise.reject(outOfReach);
    await teller.keep(signedOut());
    await clock.advance(2 * day);
    assert.ok(told.length > 3 && told.length < 100, `${told.length} tries in two days`);
    assert.ok(isKept());
    assert.deepEqual(recorded, [], 'the activity log names it once, by whoever signed out');
    state.answer = () => Promise.resolve('revoked');
    const tries = told.length;
    await clock.advance(3_600_000);
    assert.equal(told.length, tries + 1);
    assert.equal(told.at(-1), `grant-0001 ${token}`);
    assert.deepEqual(
      recorded.map(({ event, account }) => [event, account]),
      [['revocation', 'alice']],
    );
    assert.equal(isKept(), false);
    await clock.advance(10 * day);
    assert.equal(told.length, tries + 1);
    assert.equal(clock.pending, 0, 'nothing wakes up for what is over');
  });

  it('is told less and less often, up to an hour, and often again for the next outage', async () => {
    const { clock, state, teller, told } = leadingWindow();
    const triedAt: number[] = [];
    const outage = async (): Promise<number[]> => {
      const from = triedAt.length;
      state.answer = () => {
        triedAt.push(clock.now() / 1000);
        return Promise.reject(outOfReach);
      };
      await teller.keep(signedOut());
      await clock.advance(day);
      const tries = triedAt.slice(from);
      return tries.slice(1).map((at, number) => at - (tries[number] ?? 0));
    };
    for (let round = 0; round < 2; round++) {
      const pauses = await outage();
      for (const [at, pause] of pauses.entries()) {
        const longest = Math.min(3600, 15 * 2 ** (at + 1));
        assert.ok(pause >= longest / 2 && pause <= longest, `pause ${at}: ${pause} of ${longest} s`);
      }
      assert.ok(pauses.length > 24);
      state.answer = () => Promise.resolve('revoked');
      await clock.advance(day);
    }
    assert.equal(told.length, triedAt.length + 2);
  });

  it('is left to the window that signs out at first', async () => {
    const { clock, teller, told, isKept } = leadingWindow();
    const grant = signedOut();
    await teller.keep(grant);
    await clock.advance(10_000);
    teller.rouse();
    await settled();
    assert.deepEqual(told, []);
    await teller.forget(signOutId(grant));
    assert.equal(isKept(), false);
    await clock.advance(day);
    assert.deepEqual(told, []);
  });

  it('is told at once when the person, the network or the server is back', async () => {
    for (const back of ['roused', 'reached'] as const) {
      const { clock, state, teller, told, isKept } = leadingWindow();
      state.answer = () => Promise.reject(outOfReach);
      await teller.keep(signedOut());
      await clock.advance(7_200_000);
      const tries = told.length;
      state.answer = () => Promise.resolve('revoked');
      teller.reached('https://another.example');
      await settled();
      assert.equal(told.length, tries);
      if (back === 'roused') teller.rouse();
      else teller.reached(someProvider.issuer);
      teller.rouse();
      await settled();
      assert.equal(told.length, tries + 1, back);
      assert.equal(isKept(), false);
    }
  });

  it('leaves a server alone for as long as it asked for, and every server for a few seconds', async () => {
    const { clock, state, teller, told } = leadingWindow();
    const busy = new Failure('rate-limited', { host, status: 429 }, { retryAfter: 1800 });
    state.answer = () => Promise.reject(busy);
    await teller.keep(signedOut());
    await clock.advance(15_000);
    assert.equal(told.length, 1);
    for (let second = 0; second < 1790; second++) {
      teller.rouse();
      await clock.advance(1000);
    }
    assert.equal(told.length, 1);
    state.answer = () => Promise.reject(outOfReach);
    await clock.advance(60_000);
    const before = told.length;
    for (let second = 0; second < 100; second++) {
      teller.rouse();
      await clock.advance(1000);
    }
    assert.ok(told.length - before <= 21, `${told.length - before} tries in 100 s`);
  });

  it('is told soon though the clock was set back while a server wanted to be left alone', async () => {
    const { clock, state, teller, told } = leadingWindow();
    const busy = new Failure('rate-limited', { host, status: 429 }, { retryAfter: 1800 });
    state.answer = () => Promise.reject(busy);
    await teller.keep(signedOut());
    await clock.advance(15_000);
    clock.set(-day);
    state.answer = () => Promise.resolve('revoked');
    await clock.advance(7_200_000);
    assert.equal(told.length, 2);
  });

  it('is told though it was kept while a slow server was told of another one', async () => {
    const { clock, state, teller, told, isKept } = leadingWindow();
    const slow = Promise.withResolvers<'revoked'>();
    state.answer = () => slow.promise;
    await teller.keep(signedOut());
    await clock.advance(20_000);
    assert.equal(told.length, 1);
    await teller.keep(signedOut({ id: 'grant-0002' }));
    await clock.advance(20_000);
    slow.resolve('revoked');
    await settled();
    await clock.advance(60_000);
    assert.deepEqual(
      told.map(words => words.split(' ')[0]),
      ['grant-0001', 'grant-0002'],
    );
    assert.equal(isKept(), false);
  });

  it('is forgotten at the word of the server, by whatever else it is kept', async () => {
    const failures: readonly (readonly [Failure | Error, boolean])[] = [
      [outOfReach, true],
      [new Failure('timed-out', { host, seconds: 15 }), true],
      [new Failure('server-failed', { host, status: 502 }), true],
      [new Failure('intercepted', { host, status: 404 }), true],
      [new Failure('client-secret-missing', { provider: 'Company' }), true],
      [new Error('a part of the extension could not be loaded'), true],
      [new Failure('grant-refused', { host, error: 'status 400' }, { status: 400 }), false],
      [new Failure('client-refused', { host, error: 'invalid_client' }), false],
      [new Failure('request-refused', { host, error: 'unsupported_token_type' }), false],
    ];
    for (const [failure, stays] of failures) {
      const { clock, state, teller, told, recorded, isKept } = leadingWindow();
      state.answer = () => Promise.reject(failure);
      await teller.keep(signedOut());
      await clock.advance(20_000);
      assert.equal(told.length, 1);
      assert.equal(isKept(), stays, failure.message);
      assert.equal(recorded.length, stays ? 0 : 1);
      if (!stays) assert.match(recorded[0]?.reason ?? '', /Couldn’t revoke the tokens/);
    }
    const { clock, state, teller, recorded, isKept } = leadingWindow();
    state.answer = () => Promise.resolve('unsupported');
    await teller.keep(signedOut());
    await clock.advance(20_000);
    assert.match(recorded[0]?.reason ?? '', /doesn’t support token revocation/);
    assert.equal(isKept(), false);
  });

  it('is kept for 30 days, and of many the newest', async () => {
    const { clock, state, teller, told, recorded, kept, isKept, log } = leadingWindow();
    state.answer = () => Promise.reject(outOfReach);
    for (let number = 0; number < mostSignOuts + 5; number++)
      await teller.keep(
        signedOut({ id: `grant-${100 + number}`, account: { id: `${number}`, label: shown('alice') } }),
      );
    assert.deepEqual(
      (await kept.all()).map(({ grant }) => grant.id),
      Array.from({ length: mostSignOuts }, (_, at) => `grant-${105 + at}`),
    );
    assert.match(log.text(), /too many sign-outs are kept; the oldest are forgotten/);
    await clock.advance(10 * day);
    assert.ok(told.length < 10 * 50, 'one provider is tried once at a time, not for each of its sign-outs');
    await clock.advance(20 * day + 3_600_000);
    assert.equal(isKept(), false);
    assert.equal(recorded.length, mostSignOuts);
    assert.match(recorded[0]?.reason ?? '', /30 days/);
  });

  it('waits while the person is signed in to the account again: one token may end all of them', async () => {
    const { clock, state, teller, told, isKept } = leadingWindow();
    await teller.keep(signedOut());
    state.alive = [someGrant({ id: 'grant-0002' })];
    await clock.advance(day);
    assert.deepEqual(told, []);
    state.alive = [
      someGrant({ id: 'grant-0003', account: { id: 'sub-bob', label: shown('bob') } }),
      someGrant({ id: 'grant-0004', binding: { ...someGrant().binding, clientId: 'another' } }),
    ];
    await clock.advance(3_600_000);
    assert.equal(told.length, 1);
    assert.equal(isKept(), false);
  });

  it('goes nowhere while its provider is not configured as it was, and not from a window that does not lead', async () => {
    const { clock, state, teller, told } = leadingWindow();
    state.provider = undefined;
    await teller.keep(signedOut());
    await clock.advance(day);
    assert.deepEqual(told, []);
    state.isLeader = false;
    state.provider = someProvider;
    teller.rouse();
    await clock.advance(day);
    assert.deepEqual(told, []);
    state.isLeader = true;
    state.settingsChanged();
    await clock.advance(5000);
    assert.equal(told.length, 1);
  });

  it('is told by the next window if this one ends at any moment', async () => {
    for (const moment of ['before it is told', 'while it is told', 'before it is forgotten'] as const) {
      const { clock, state, teller, storage, told } = leadingWindow();
      await teller.keep(signedOut());
      if (moment === 'while it is told') state.answer = () => new Promise(() => undefined);
      // What the process would have written after its end.
      if (moment === 'before it is forgotten') storage.fails = ({ operation }) => operation === 'delete';
      if (moment !== 'before it is told') await clock.advance(15_000);
      state.isLeader = false;
      teller.dispose();
      storage.fails = () => false;
      const tries = moment === 'before it is told' ? 0 : 1;
      assert.equal(told.length, tries, moment);

      const next = leadingWindow(storage, clock);
      await clock.advance(30_000);
      assert.deepEqual(next.told, [`grant-0001 ${token}`], moment);
      assert.equal(next.isKept(), false);
    }
  });

  it('waits for a storage that fails, and starts afresh after one that holds something else', async () => {
    const { clock, state, teller, storage, told, isKept, log } = leadingWindow();
    state.answer = () => Promise.reject(outOfReach);
    await teller.keep(signedOut());
    storage.fails = () => true;
    await clock.advance(day);
    storage.fails = () => false;
    state.answer = () => Promise.resolve('revoked');
    await clock.advance(3_600_000);
    assert.ok(told.length > 0 && !isKept());
    storage.values.set(signOutsKey, '{"version":7}');
    await teller.keep(signedOut());
    await clock.advance(15_000);
    assert.equal(isKept(), false);
    assert.match(log.text(), /cannot be read/);
  });

  it('is never printed: not in the log, not in the activity, and in the storage as secrets alone', async () => {
    const { clock, state, teller, log, recorded, storage } = leadingWindow();
    const answers = [
      outOfReach,
      new Error(token),
      new Failure('grant-refused', { host, error: 'status 400' }),
    ];
    for (const answer of answers) {
      state.answer = () => Promise.reject(answer);
      await teller.keep(signedOut({ claims: { email: 'alice@example.com' } }));
      assert.match(storage.values.get(signOutsKey) ?? '', new RegExp(token));
      assert.doesNotMatch(storage.values.get(signOutsKey) ?? '', /alice@example\.com/);
      await clock.advance(7_200_000);
    }
    const found = findSecrets(new Map([[token, 'refresh token']]), [
      { where: 'log', text: log.text() },
      { where: 'activity', text: JSON.stringify(recorded) },
    ]);
    assert.equal(describeFinds(found), '');
    assert.ok(log.lines.length > 3);
  });
});
