import assert from 'node:assert/strict';
import { shown } from '../../../../src/platform/shown.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage, type StorageCall } from '../../../standIns/memorySecretStorage.ts';
import { hourOfTokens } from '../../../standIns/quietWindow.ts';
import { accountsInMemory } from '../accountsInMemory.ts';
import { keptGrants } from '../cachedGrants.ts';
import { minutes } from '../refresh/refreshing.ts';
import { someGrant, someProvider, start } from '../someGrant.ts';

const [kept, left] = ['grant-0001', 'grant-0002'];

/**
 * A sign-in that is refreshed again and again beside one that is signed out, while the storage fails as the test says
 * by the number of the call; in the end it works again.
 */
async function live(failsAt: (call: number, of: StorageCall) => boolean) {
  const clock = manualClock(start * 1000);
  const storage = memorySecretStorage();
  const sent: string[] = [];
  const open = () =>
    keptGrants(
      {
        clock,
        answer(grant) {
          sent.push(`${grant.id} ${grant.tokens.refreshToken?.reveal()}`);
          return Promise.resolve(hourOfTokens(clock, grant.tokens.serial + 1));
        },
      },
      storage,
    );
  storage.fails = call => failsAt(storage.calls.length, call);
  const { cache, refresher } = open();
  // Neither of these may fail or hang whatever the storage does.
  await cache.put(someGrant({ id: kept }));
  await cache.put(someGrant({ id: left, account: { id: 'sub-bob', label: shown('bob') } }));
  await clock.advance(minutes(60));
  await cache.remove(left, Math.floor(clock.now() / 1000));
  await refresher.renew(kept, 2, true);
  const calls = storage.calls.length;
  storage.fails = () => false;
  await clock.advance(minutes(30));

  const answer = await cache.get(kept);
  refresher.dispose();
  const next = open();
  return {
    calls,
    sent,
    answered: answer?.tokens.serial,
    stored: (await next.cache.ofProvider('oidc')).map(({ id, tokens }) => [id, tokens.serial]),
  };
}

const nothingLost = ({ sent, answered, stored }: Awaited<ReturnType<typeof live>>): void => {
  assert.equal(new Set(sent).size, sent.length, 'no refresh token is sent twice');
  // While nothing can be stored, only those tokens are refreshed that somebody asks for.
  const refreshes = sent.filter(token => token.startsWith(kept)).length;
  assert.ok(refreshes === 1 || refreshes === 2, `${refreshes} refreshes`);
  assert.equal(answered, 1 + refreshes, 'the window goes on');
  assert.deepEqual(stored, [[kept, answered]], 'the next window has what there is, and nothing signed out');
};

describe('a storage that fails', () => {
  it('at one call, whichever it is, costs nothing', async () => {
    const { calls, ...undisturbed } = await live(() => false);
    nothingLost({ calls, ...undisturbed });
    assert.deepEqual(undisturbed.sent, [`${kept} refresh-1`, `${left} refresh-1`, `${kept} refresh-2`]);
    assert.ok(calls > 10, `${calls} calls`);
    for (let failing = 1; failing <= calls; failing++) nothingLost(await live(call => call === failing));
  });

  it('from one call on, whichever it is, until it works again, costs nothing', async () => {
    const { calls } = await live(() => false);
    for (let first = 1; first <= calls; first++) nothingLost(await live(call => call >= first));
  });

  for (const operation of ['get', 'store', 'delete'] as const) {
    it(`at every ${operation}, until it works again, costs nothing`, async () => {
      nothingLost(await live((_call, of) => of.operation === operation));
    });
  }
});

/** A sign-in that ends while the storage fails, or is silent as a locked keyring is, by the number of the call. */
async function signInDuring(how: 'fails' | 'silent', disturbed: (call: number) => boolean) {
  const { accounts, clock, storage, cache } = accountsInMemory();
  const { get, store } = storage;
  let calls = 0;
  const back = Promise.withResolvers<void>();
  let isBack = false;
  const disturb = async (): Promise<void> => {
    if (isBack || !disturbed(++calls)) return;
    if (how === 'silent') await back.promise;
    else throw new Error('The keyring is locked.');
  };
  storage.get = key => disturb().then(() => get(key));
  storage.store = (key, text) => disturb().then(() => store(key, text));
  let added: Awaited<ReturnType<typeof accounts.add>> | undefined;
  const adding = accounts.grantedScopes(someProvider, { id: 'sub' }, ['openid']).then(async () => {
    added = await accounts.add(someProvider, someGrant({ id: kept }));
  });
  // A user waits for it.
  for (let second = 0; second < 20 && !added; second++) await clock.advance(1000);
  assert.ok(added, 'it ends');
  await adding;
  assert.equal(cache.peek(kept)?.tokens.refreshToken?.reveal(), 'refresh-1');
  const during = calls;
  isBack = true;
  back.resolve();
  await clock.advance(minutes(11));
  await settled();
  const next = keptGrants({ clock, answer: () => assert.fail('nothing is due') }, storage);
  assert.deepEqual(
    (await next.cache.ofProvider('oidc')).map(({ id }) => id),
    [kept],
  );
  return { calls: during, kept: added.kept };
}

describe('a sign-in that ends while the storage', () => {
  for (const how of ['fails', 'silent'] as const) {
    const what = how === 'fails' ? 'fails' : 'is silent, as a locked keyring is';
    it(`${what} at one call, whichever it is, is kept`, async () => {
      const { calls, kept: isKept } = await signInDuring(how, () => false);
      assert.ok(isKept && calls >= 4, `${calls} calls`);
      for (let at = 1; at <= calls; at++) await signInDuring(how, call => call === at);
    });

    it(`${what} from one call on, whichever it is, is kept when it works again, and isn’t said to be before`, async () => {
      const { calls } = await signInDuring(how, () => false);
      for (let first = 1; first < calls; first++)
        assert.equal((await signInDuring(how, call => call >= first)).kept, false, `from call ${first}`);
    });
  }
});
