import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import fc from 'fast-check';
import { createChallengeAnswers } from '../../../src/challenges/answers.ts';
import { ChallengeRefused, sha256, type ChallengeConstraint } from '../../../src/challenges/demand.ts';
import { secret } from '../../../src/platform/secret.ts';
import { createHttpContext } from '../../../src/protocol/server/httpContext.ts';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import type { Account, Grant } from '../../../src/sessions/grant/grant.ts';
import type { Session } from '../../../src/sessions/grant/sessions.ts';
import { addGrant } from '../../../src/sessions/store/addGrant.ts';
import { createGrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someGrant, someProvider, someTokens, start } from '../sessions/someGrant.ts';

const scopes = ['openid', 'profile'];
const alice: Account = { id: 'sub-alice', label: shown('alice') };
const bob: Account = { id: 'sub-bob', label: shown('bob') };

/** What becomes of a question: the person signs in as an account, or says no. */
type Person = (asked: number) => Account | 'cancels';

/** What the extension is told in the place of a session. */
const words = (answer: unknown): string => (typeof answer === 'string' ? answer : '');

/** An editor with people signed in, and an extension whose API refuses every token. */
async function openEditor(lifetime: number, people: readonly Account[], person: Person) {
  const clock = manualClock(start * 1000);
  const log = recordingLog();
  const storage = memorySecretStorage();
  const cache = createGrantCache(createGrantStore({ storage, log, onSetAside: () => undefined }), clock, log);
  let issued = 0;
  const renewed: string[] = [];
  const now = (): number => Math.floor(clock.now() / 1000);
  const newTokens = (serial: number) =>
    someTokens(serial, {
      accessToken: secret(`access ${++issued}`),
      refreshToken: secret(`refresh ${issued}`),
      receivedAt: now(),
      expiresAt: now() + lifetime,
      clockOffset: 0,
    });
  const renew = async (id: string): Promise<Grant | undefined> => {
    const updated = await cache.update(id, grant => ({
      ...grant,
      tokens: grant.tokens.refreshToken ? newTokens(grant.tokens.serial + 1) : grant.tokens,
    }));
    return updated?.grant;
  };
  const accounts = createAccounts({
    cache,
    clock,
    log,
    sharing: {
      renew(id) {
        renewed.push(cache.peek(id)?.account.label ?? '');
        return renew(id);
      },
      derive: id => cache.get(id),
      add: (provider, grant) => addGrant(cache, provider, grant),
    },
  });
  const signIn = async (account: Account, asked?: Grant['asked'], own = scopes): Promise<Session> => {
    const grant = someGrant({
      id: crypto.randomUUID(),
      account,
      claims: { sub: account.id, acr: 'gold', auth_time: now() },
      grantedScopes: own,
      sessions: [own],
      tokens: newTokens(1),
      asked,
    });
    return (await accounts.add(someProvider, grant)).session;
  };
  for (const account of people) await signIn(account);

  const httpContext = createHttpContext({ fetch: () => assert.fail('no network'), clock, log });
  class Canceled extends Error {}
  const makeAnswers = () =>
    createChallengeAnswers({
      accounts,
      cache,
      httpContext,
      isCancellation: error => error instanceof Canceled,
    });
  let answers = makeAnswers();
  let questions = 0;

  return {
    clock,
    cache,
    renewed,
    signIn,
    accounts,
    questions: () => questions,
    /** Another window, or the same after a restart: what is not stored is forgotten. */
    restart: () => void (answers = makeAnswers()),
    /** The tokens are refreshed by themselves when half of their lifetime is over. */
    async pass(seconds: number) {
      await clock.advance(seconds * 1000);
      for (const { id, tokens } of cache.known()) {
        if (now() >= tokens.receivedAt + lifetime / 2) await renew(id);
      }
    },
    /** The API has refused; the extension hands its challenge on. @returns the account it goes on with. */
    async refused(challenge: Record<string, string>, token?: string): Promise<Session | undefined | string> {
      const hash =
        token === undefined ? [] : [{ scheme: 'Refused-Token', params: { sha256: await sha256(token) } }];
      const constraint: ChallengeConstraint = {
        challenges: [...hash, { scheme: 'Bearer', params: challenge }],
        fallbackScopes: scopes,
      };
      try {
        const [session] = await answers.sessions(someProvider, constraint, undefined);
        if (session) return session;
        const choice = person(++questions);
        return await answers.signIn(
          someProvider,
          constraint,
          undefined,
          async (_scopes, _account, _, asked) => {
            if (choice === 'cancels') throw new Canceled();
            return { provider: someProvider, session: await signIn(choice, asked) };
          },
        );
      } catch (error) {
        if (error instanceof Canceled) return undefined;
        assert.ok(error instanceof ChallengeRefused, String(error));
        return error.message;
      }
    },
  };
}

const claims = (text: string): Record<string, string> => ({ claims: Buffer.from(text).toString('base64') });
const demands: Readonly<Record<string, Record<string, string>>> = {
  'no reason': {},
  invalid_token: { error: 'invalid_token' },
  'scopes there are': { error: 'insufficient_scope', scope: 'profile' },
  'scopes nobody gets': { error: 'insufficient_scope', scope: 'admin' },
  'acr there is': { error: 'insufficient_user_authentication', acr_values: 'gold' },
  'acr nobody gets': { error: 'insufficient_user_authentication', acr_values: 'platinum' },
  'a sign-in of the last two hours': { error: 'insufficient_user_authentication', max_age: '7200' },
  claims: claims('{"access_token":{"xms_cc":{"values":["cp1"]}}}'),
};

describe('an API that refuses for ever', () => {
  it('has the person asked at most once in an hour of polling, whatever the interval, lifetime and demand', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          demand: fc.constantFrom(...Object.keys(demands)),
          interval: fc.oneof(fc.integer({ min: 4, max: 40 }), fc.integer({ min: 41, max: 1800 })),
          lifetime: fc.constantFrom(10, 60, 300, 301, 600, 3600, 86_400),
          says: fc.boolean(),
          people: fc.constantFrom([alice], [alice, bob], []),
          person: fc.constantFrom('alice', 'bob', 'cancels', 'turns'),
          restarts: fc.boolean(),
        }),
        async ({ demand, interval, lifetime, says, people, person, restarts }) => {
          const choices = { alice: () => alice, bob: () => bob, cancels: () => 'cancels' as const };
          const turns: Person = asked => ([alice, bob, 'cancels'] as const)[asked % 3] ?? alice;
          const editor = await openEditor(lifetime, people, person === 'turns' ? turns : choices[person]);
          // Nobody has signed in: whoever says no is asked again, for a sign-in.
          fc.pre(people.length > 0 || person === 'alice');
          let token: string | undefined;
          for (let time = 0; time < 3600; time += interval) {
            const answer = await editor.refused(demands[demand] ?? {}, says ? token : undefined);
            if (typeof answer === 'object') token = answer.accessToken.reveal();
            await editor.pass(interval);
            if (restarts) editor.restart();
          }
          assert.ok(editor.questions() <= 1, `asked ${editor.questions()} times`);
        },
      ),
      { numRuns: 150 },
    );
  }).timeout(120_000);

  const { 'no reason': bare = {}, 'acr nobody gets': platinum = {} } = demands;
  const asAlice: Person = () => alice;
  /** Polls every five seconds. @returns how often the person was asked. */
  const poll = async (
    editor: Awaited<ReturnType<typeof openEditor>>,
    challenge: Record<string, string>,
    seconds = 100,
  ): Promise<number> => {
    const before = editor.questions();
    for (let time = 0; time < seconds; time += 5) {
      await editor.refused(challenge);
      await editor.pass(5);
    }
    return editor.questions() - before;
  };

  it('says so to the extension, with what the person can do', async () => {
    const editor = await openEditor(3600, [alice], () => 'cancels');
    assert.equal(await poll(editor, platinum), 1);
    assert.match(
      words(await editor.refused(platinum)),
      /already asked once to sign in to Company for it.*Accounts menu/,
    );
  });

  it('has them asked again after they have signed in by themselves, or out', async () => {
    for (const choice of [alice, 'cancels'] as const) {
      const editor = await openEditor(3600, [alice], () => choice);
      assert.equal(await poll(editor, bare), 1);
      await editor.signIn(alice);
      assert.equal(await poll(editor, bare), 1, 'after a sign-in');
      await editor.signIn(alice, undefined, ['openid', 'email']);
      assert.equal(await poll(editor, bare), 1, 'after one beside it, for something else');
      for (const { id } of editor.cache.known()) await editor.cache.remove(id, start);
      await editor.signIn(alice);
      assert.equal(await poll(editor, bare), 1, 'after a sign-out');
    }
  });

  it('has them asked again for other scopes and claims, and the sign-in for one is none for the other', async () => {
    const editor = await openEditor(3600, [alice], asAlice);
    for (const challenge of Object.values(demands)) assert.ok((await poll(editor, challenge)) <= 1);
    const asked = editor.questions();
    for (const challenge of Object.values(demands)) assert.equal(await poll(editor, challenge), 0);
    assert.equal(editor.questions(), asked);
    assert.equal(await poll(editor, { error: 'insufficient_scope', scope: 'another' }), 1);
    assert.equal(await poll(editor, claims('{"access_token":{"xms_cc":{"values":["cp2"]}}}')), 1);
  });

  it('has them asked again for a recent sign-in only where theirs was good until it became too old', async () => {
    const recent = { error: 'insufficient_user_authentication', max_age: '60' };
    const accepting = await openEditor(3600, [alice], asAlice);
    for (const turn of [1, 2, 3]) {
      await accepting.pass(100);
      await accepting.refused(recent);
      assert.equal(accepting.questions(), turn);
    }
    const refusing = await openEditor(3600, [alice], asAlice);
    await refusing.pass(100);
    assert.equal(await poll(refusing, recent, 1000), 1);
    const cancelled = await openEditor(3600, [alice], () => 'cancels');
    await cancelled.pass(100);
    assert.equal(await poll(cancelled, recent, 1000), 1);
  });

  it('has them asked again for a recent sign-in though the clock was set back since the last one', async () => {
    const recent = { error: 'insufficient_user_authentication', max_age: '60' };
    const editor = await openEditor(3600, [alice], asAlice);
    for (const turn of [1, 2]) {
      await editor.pass(100);
      await editor.refused(recent);
      assert.equal(editor.questions(), turn);
      editor.clock.set(-7_200_000);
    }
  });

  it('has them asked again for a token that must be issued later, unless it refuses that too', async () => {
    const lateEnough = ({ clock }: Awaited<ReturnType<typeof openEditor>>): Record<string, string> =>
      claims(`{"access_token":{"nbf":{"essential":true,"value":"${clock.now()}"}}}`);
    const accepting = await openEditor(3600, [alice], asAlice);
    for (const turn of [1, 2, 3]) {
      await accepting.refused(lateEnough(accepting));
      await accepting.pass(7200);
      assert.equal(accepting.questions(), turn);
    }
    const refusing = await openEditor(3600, [alice], asAlice);
    for (let time = 0; time < 3 * 3600; time += 60) {
      await refusing.refused(lateEnough(refusing));
      await refusing.pass(60);
    }
    assert.equal(refusing.questions(), 1);
  });
});

describe('of two accounts', () => {
  const { invalid_token: invalid = {} } = demands;
  const never: Person = () => assert.fail('nobody is asked');
  const tokenOf = (editor: Awaited<ReturnType<typeof openEditor>>, { id }: Account): string =>
    editor.cache
      .known()
      .find(({ account }) => account.id === id)
      ?.tokens.accessToken.reveal() ?? '';

  for (const account of [alice, bob]) {
    it(`only the one whose token was refused is renewed, and answers: ${account.label}`, async () => {
      const editor = await openEditor(3600, [alice, bob], never);
      const session = await editor.refused(invalid, tokenOf(editor, account));
      assert.ok(typeof session === 'object');
      assert.equal(session.account.id, account.id);
      assert.deepEqual(editor.renewed, [account.label]);
    });
  }

  it('one is renewed for each challenge that does not say whose token it was', async () => {
    const editor = await openEditor(3600, [alice, bob], asks =>
      asks === 1 ? alice : assert.fail('asked twice'),
    );
    await editor.refused(invalid);
    assert.equal(editor.renewed.length, 1);
    await editor.pass(5);
    await editor.refused(invalid);
    assert.deepEqual(editor.renewed.toSorted(), ['alice', 'bob']);
    await editor.pass(5);
    await editor.refused(invalid);
    assert.equal(editor.renewed.length, 2);
    assert.equal(editor.questions(), 1);
  });

  it('the other one does not answer in its place, where the refused one needs its person', async () => {
    for (const says of [true, false]) {
      const editor = await openEditor(3600, [alice, bob], () => 'cancels');
      const [grant] = editor.cache.known().filter(({ account }) => account.id === alice.id);
      await editor.cache.update(grant?.id ?? '', known => ({
        ...known,
        tokens: { ...known.tokens, expiresAt: start - 10, refreshToken: undefined },
      }));
      assert.equal(await editor.refused({}, says ? tokenOf(editor, alice) : undefined), undefined);
      assert.equal(editor.questions(), 1);
    }
  });

  it('the one that signs in does not answer for the refused one without a word, and is kept', async () => {
    const editor = await openEditor(3600, [alice], () => bob);
    const token = tokenOf(editor, alice);
    const elsewhere = { error: 'insufficient_scope', scope: 'admin' };
    const answer = await editor.refused(elsewhere, token);
    assert.match(words(answer), /didn’t grant admin|as bob, but the server refused a token of alice/);
    const acr = { error: 'insufficient_user_authentication', acr_values: 'silver gold' };
    await editor.cache.update(editor.cache.known()[0]?.id ?? '', grant => ({ ...grant, claims: {} }));
    assert.match(
      words(await editor.refused(acr, tokenOf(editor, alice))),
      /You signed in to Company as bob, but the server refused a token of alice\. Sign in as alice/,
    );
    const labels = editor.cache.known().map(({ account }) => account.label);
    assert.deepEqual([...new Set(labels)].toSorted(), ['alice', 'bob']);
  });
});
