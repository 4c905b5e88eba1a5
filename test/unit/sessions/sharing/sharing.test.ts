import assert from 'node:assert/strict';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { createGrantCache } from '../../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../../src/sessions/store/grantStore.ts';
import { shareGrants } from '../../../../src/sessions/sharing/sharing.ts';
import { createMemories } from '../../../../src/sessions/refresh/memories.ts';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { everyGrantOf, quietWindow } from '../../../standIns/quietWindow.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { ended, fresh, nextTokens, now, serialIn, sharedWindows, storedIn, until } from './sharedWindows.ts';
import { someGrant, someProvider, someTokens } from '../someGrant.ts';

const scopes = ['openid', 'profile'];
describe('windows that share grants', function () {
  this.timeout(120_000);
  let windows: ReturnType<typeof sharedWindows>;
  beforeEach(() => {
    windows = sharedWindows();
  });
  afterEach(() => windows.end());

  it('have each other’s sign-ins at once, each in its own storage', async () => {
    const [a, b, c] = [await windows.open(), await windows.open(), await windows.open()];
    const { session, kept } = await b.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    assert.equal(kept, true);
    for (const window of [a, b, c]) {
      await until(() => storedIn(window) !== '');
      assert.deepEqual(
        (await window.accounts.sessions(someProvider, scopes)).map(({ id }) => id),
        [session.id],
      );
    }
    assert.deepEqual(windows.server.sent, []);
  });

  it('send one request for a token that has ended, whoever and however many ask', async () => {
    const opened = [await windows.open(), await windows.open(), await windows.open()];
    await opened[2]?.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => opened.every(window => window.cache.known().length === 1));
    const asked = opened.flatMap(window =>
      Array.from({ length: 1000 }, () => window.accounts.sessions(someProvider, scopes)),
    );
    const answers = await Promise.all(asked);
    assert.deepEqual(
      new Set(answers.map(([session]) => session?.accessToken.reveal())),
      new Set(['access-2']),
    );
    assert.deepEqual(windows.server.sent, ['refresh-1']);
  });

  it('answer from a token that works without asking anybody', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    await member.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    await until(() => leader.cache.known().length === 1);
    const reads = () => member.storage.calls.filter(({ key }) => key === 'grant:grant-0001').length;
    await until(() => storedIn(member) !== '');
    const before = reads();
    const closing = leader.close();
    assert.equal((await member.accounts.sessions(someProvider, scopes)).length, 1);
    assert.equal(reads(), before);
    await closing;
  });

  it('store a rotated token before whoever asked has it', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    await leader.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => member.cache.known().length === 1);
    const [session] = await member.accounts.sessions(someProvider, scopes);
    assert.equal(session?.accessToken.reveal(), 'access-2');
    assert.match(storedIn(leader), /refresh-2/);
    await until(() => storedIn(member).includes('refresh-2'));
  });

  it('know before a token is sent that it is about to be', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    let seen: number | undefined;
    windows.server.answer = grant => {
      seen = member.cache.known()[0]?.refreshSentAt;
      return Promise.resolve(nextTokens(grant));
    };
    await leader.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await leader.accounts.sessions(someProvider, scopes);
    assert.ok(seen !== undefined && Math.abs(seen - now()) < 10);
  });

  describe('one of which has gone, while its extension host lives on as the leader', () => {
    it('get a window as leader that can store', async () => {
      const storage = memorySecretStorage();
      storage.gone = true;
      const leader = await windows.open(storage);
      const member = await windows.open();
      assert.equal(leader.role(), 'leader');
      await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
      const [session] = await member.accounts.sessions(someProvider, scopes);
      assert.equal(session?.accessToken.reveal(), 'access-2');
      await until(() => storedIn(member).includes('refresh-2'));
      assert.deepEqual(windows.server.sent, ['refresh-1']);
      assert.equal(member.role(), 'leader');
      await until(() => leader.role() === 'member');
    });

    it('have their tokens refreshed when the time has come', async () => {
      const leader = await windows.open();
      const member = await windows.open();
      leader.storage.gone = true;
      const soonOver = { receivedAt: now() - 3538, expiresAt: now() + 62 };
      await member.accounts.add(someProvider, someGrant({ tokens: someTokens(1, soonOver) }));
      await until(() => storedIn(member).includes('refresh-2'));
      assert.deepEqual(windows.server.sent, ['refresh-1']);
      assert.equal(member.role(), 'leader');
    });

    it('go on asking it if their own storage does not answer either', async () => {
      const leader = await windows.open();
      const member = await windows.open();
      await member.accounts.add(someProvider, someGrant({ tokens: ended() }));
      leader.storage.gone = true;
      member.storage.gone = true;
      const [session] = await member.accounts.sessions(someProvider, scopes);
      assert.equal(session?.accessToken.reveal(), 'access-2');
      assert.equal(leader.role(), 'leader');
    });
  });

  it('sign out together, and a window that was away does not bring the grant back', async () => {
    const away = memorySecretStorage();
    const first = await windows.open(away);
    await first.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    const second = await windows.open();
    await until(() => storedIn(second) !== '');
    await first.close();
    await until(() => second.role() === 'leader');
    const [session] = await second.accounts.sessions(someProvider, scopes);
    assert.ok(session);
    assert.equal((await second.accounts.remove(session.id))?.grant.id, 'grant-0001');

    const back = await windows.open(away);
    await until(() => !away.values.has('grant:grant-0001'));
    assert.deepEqual(await back.accounts.sessions(someProvider, scopes), []);
    assert.deepEqual(await second.accounts.sessions(someProvider, scopes), []);
    assert.match(away.values.get('grants') ?? '', /"removed":\d+/, 'also after the next start');
  });

  it('tell a sign-out in a member to the leader and to the others', async () => {
    const [a, b, c] = [await windows.open(), await windows.open(), await windows.open()];
    const { session } = await a.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    await until(() => [a, b, c].every(window => storedIn(window) !== ''));
    const changes: unknown[] = [];
    a.cache.onDidChange(change => changes.push(a.accounts.change(change).removed.map(({ id }) => id)));
    await b.accounts.remove(session.id);
    await until(() => [a, b, c].every(window => storedIn(window) === ''));
    assert.deepEqual(changes, [[session.id]]);
  });

  it('say so if a sign-in is not stored', async () => {
    const window = await windows.open();
    window.storage.fails = ({ operation }) => operation === 'store';
    const { kept } = await window.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    assert.equal(kept, false);
    assert.equal((await window.accounts.sessions(someProvider, scopes)).length, 1);
  });

  it('let the next one refresh when the leader has gone', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    await leader.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => member.cache.known().length === 1);
    await leader.close();
    const [session] = await member.accounts.sessions(someProvider, scopes);
    assert.equal(session?.accessToken.reveal(), 'access-2');
    assert.deepEqual(windows.server.sent, ['refresh-1']);
  });

  it('get a token for fewer scopes once for all, whoever asks, and all have it then', async () => {
    const narrowing = { ...someProvider, narrowTokens: true };
    const opened = [await windows.open(), await windows.open(), await windows.open()];
    await opened[1]?.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    await until(() => opened.every(window => window.cache.known().length === 1));
    const asked = opened.flatMap(({ accounts }) =>
      Array.from({ length: 100 }, () => accounts.sessions(narrowing, ['openid'])),
    );
    const tokens = (await Promise.all(asked)).map(([session]) => session?.accessToken.reveal());
    assert.deepEqual(new Set(tokens), new Set(['access for openid']));
    await until(() => opened.every(window => storedIn(window).includes('access for openid')));
    for (const window of opened) assert.match(storedIn(window), /"refreshToken":"refresh-1\+"/);
    for (const { accounts } of opened) await accounts.sessions(narrowing, ['openid']);
    assert.deepEqual(windows.server.sent, ['refresh-1']);
    await opened[0]?.close();
    const [session] = (await opened[2]?.accounts.sessions(narrowing, ['openid', 'email'])) ?? [];
    assert.equal(session?.accessToken.reveal(), 'access for email openid');
    assert.deepEqual(windows.server.sent, ['refresh-1', 'refresh-1+']);
  });

  it('hand a token out when the refresh token that came with it is stored, and not before', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    await leader.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    await until(() => member.cache.known().length === 1);
    for (const window of [leader, member]) {
      const before = serialIn(window) ?? 0;
      const held = Promise.withResolvers<void>();
      const { store } = window.storage;
      window.storage.store = async (key, value) => {
        if (value.includes(`"refresh-${before + 1}"`)) await held.promise;
        await store(key, value);
      };
      void window.sharing.renew('grant-0001', before);
      await until(() => window.cache.known()[0]?.tokens.serial === before + 1);
      let answered = false;
      const asked = window.accounts.sessions(someProvider, scopes).then(([session]) => {
        answered = true;
        return session?.accessToken.reveal();
      });
      await settled();
      assert.equal(answered, false);
      held.resolve();
      assert.equal(await asked, `access-${before + 1}`);
      assert.match(storedIn(window), new RegExp(`refresh-${before + 1}`));
      window.storage.store = store;
    }
  });

  it('ask a leader that lacks the grant only after telling it', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    // Behind the member's back: nobody has been told.
    leader.storage.fails = () => true;
    await member.cache.put(someGrant({ tokens: ended(4) }));
    const [session] = await member.accounts.sessions(someProvider, scopes);
    assert.equal(session?.accessToken.reveal(), 'access-5');
    assert.deepEqual(windows.server.sent, ['refresh-4']);
  });

  it('do not send a token that may be spent before the others were heard', async () => {
    // A window that knows only that a token was sent, and one that knows what came of it.
    const before = someGrant({ revision: 2, tokens: ended(), refreshSentAt: now() - 5 });
    const after = someGrant({ revision: 3, tokens: fresh(2) });
    const [ignorant, knowing] = [memorySecretStorage(), memorySecretStorage()];
    const log = recordingLog();
    for (const [storage, grant] of [
      [ignorant, before],
      [knowing, after],
    ] as const)
      await createGrantStore({ storage, log, onSetAside: () => assert.fail() }).save(grant);
    const leader = await windows.open(ignorant);
    const asked = leader.accounts.sessions(someProvider, scopes);
    await windows.open(knowing);
    assert.equal((await asked)[0]?.accessToken.reveal(), 'access-2');
    assert.deepEqual(windows.server.sent, []);
  });

  it('finish a refresh that is under way when its window closes', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    const answer = Promise.withResolvers<Tokens>();
    windows.server.answer = () => answer.promise;
    await leader.accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => member.cache.known().length === 1);
    const asked = member.accounts.sessions(someProvider, scopes);
    await until(() => windows.server.sent.length === 1);
    const closing = leader.close();
    answer.resolve(nextTokens(someGrant()));
    await closing;
    assert.equal((await asked)[0]?.accessToken.reveal(), 'access-2');
    assert.match(storedIn(leader), /refresh-2/);
    assert.deepEqual(windows.server.sent, ['refresh-1']);
  });

  it('show once that a sign-in is needed, where the person looks', async () => {
    const opened = [await windows.open(), await windows.open(), await windows.open()] as const;
    opened[1].focused = true;
    // Before the sign-in: the leader asks as soon as it hears of a token that has ended.
    const details = { host: 'login.example.com', error: 'invalid_grant', said: '' };
    windows.server.answer = () =>
      Promise.reject(new Failure('grant-refused', details, { oauthError: 'invalid_grant' }));
    await opened[2].accounts.add(someProvider, someGrant({ tokens: ended() }));
    await until(() => opened.every(window => window.cache.known().length === 1));
    assert.deepEqual(await opened[2].accounts.sessions(someProvider, scopes), []);
    await until(() => opened[1].shown.length > 0);
    assert.deepEqual(
      opened.map(({ shown }) => shown.length),
      [0, 1, 0],
    );
  });

  it('hand a redirect response to the window that waits for it', async () => {
    const [a, b, c] = [await windows.open(), await windows.open(), await windows.open()];
    c.waitsFor = 'the-state';
    const response = new URLSearchParams({ state: 'the-state', code: 'the-secret-code' });
    assert.equal(await a.sharing.deliver('/callback', response), true);
    assert.equal(await b.sharing.deliver('/callback', new URLSearchParams({ state: 'another' })), false);
    assert.deepEqual(c.offered, ['/callback the-state', '/callback another']);
    for (const { log } of [a, b, c]) assert.ok(!log.text().includes('the-secret-code'));
  });

  it('keep one activity log', async () => {
    const [leader, member] = [await windows.open(), await windows.open()];
    const entry = { at: now(), event: 'sign-in', provider: 'oidc', account: 'alice', scopes } as const;
    member.sharing.record(entry);
    await until(async () => (await leader.sharing.activities()).length === 1);
    assert.deepEqual(await member.sharing.activities(), [entry]);
  });

  it('replace an account’s grant once, though two windows sign it in at the same time', async () => {
    const [a, b] = [await windows.open(), await windows.open()];
    const first = await a.accounts.add(someProvider, someGrant({ tokens: fresh() }));
    await until(() => b.cache.known().length === 1);
    const again = (id: string, access: string): Grant =>
      someGrant({ id, tokens: { ...fresh(), accessToken: someTokens(Number(access)).accessToken } });
    const added = await Promise.all([
      a.accounts.add(someProvider, again('grant-0002', '20')),
      b.accounts.add(someProvider, again('grant-0003', '30')),
    ]);
    assert.deepEqual(new Set(added.map(({ session }) => session.id)), new Set([first.session.id]));
    await until(() => {
      const [one] = a.cache.known();
      const [other] = b.cache.known();
      return one?.revision === other?.revision && one?.tokens.serial === 3;
    });
    assert.equal(a.cache.known().length, 1);
    assert.equal(
      a.cache.known()[0]?.tokens.accessToken.reveal(),
      b.cache.known()[0]?.tokens.accessToken.reveal(),
    );
  });
});

describe('a window that cannot reach the others', () => {
  it('answers with what it has, and in the end', async () => {
    const clock = manualClock();
    const log = recordingLog();
    const storage = memorySecretStorage();
    const cache = createGrantCache(
      createGrantStore({ storage, log, onSetAside: () => assert.fail('nothing is damaged') }),
      clock,
      log,
    );
    const never = new Promise<never>(() => undefined);
    const sharing = shareGrants({
      memories: createMemories(),
      cache,
      clock,
      log,
      directory: '',
      ...quietWindow,
      loadTransport: () => never,
      providers: everyGrantOf(someProvider),
      server: { refresh: () => never, profile: () => never },
      showSignInNeeded: () => assert.fail('nobody is needed'),
    });
    const added = sharing.add(someProvider, someGrant({ tokens: ended() }));
    await settled();
    await clock.advance(21_000);
    assert.equal((await added).stored, true);
    const renewed = sharing.renew('grant-0001', 1);
    await settled();
    await clock.advance(21_000);
    assert.equal((await renewed)?.tokens.serial, 1);
    assert.match(log.text(), /kept here/);
  });
});
