import assert from 'node:assert/strict';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { everyGrantOf } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, someProvider, someTokens, start } from '../someGrant.ts';
import { ended, sharedWindows, storedIn, until } from './sharedWindows.ts';

/** An hour that nothing renews. */
const ending = (changes: Partial<Grant> = {}): Grant =>
  someGrant({ tokens: someTokens(1, { refreshToken: undefined }), ending: { cure: 'consent' }, ...changes });

const nobody = () => assert.fail('there is nothing to ask the server with');

/** One window after another, over the same storage. @param isOf false: its provider is not configured. */
function windowsInTurn(isOf = true) {
  const clock = manualClock(start * 1000);
  const storage = memorySecretStorage();
  const told: number[] = [];
  const open = () =>
    keptGrants(
      {
        clock,
        answer: nobody,
        providers: everyGrantOf(isOf ? someProvider : undefined),
        onSignInNeeded: () => void told.push(clock.now() / 1000 - start),
      },
      storage,
    );
  return { clock, told, open };
}

describe('a sign-in that ends without a refresh token', () => {
  it('is told of when it ends, once, and never again after a restart', async () => {
    const { clock, told, open } = windowsInTurn();
    const first = open();
    await first.cache.put(ending());
    await clock.advance(3_599_000);
    assert.deepEqual(told, []);
    await clock.advance(2_000);
    assert.deepEqual(told, [3600]);
    await clock.advance(86_400_000);
    first.refresher.dispose();
    const second = open();
    await second.cache.get('grant-0001');
    await clock.advance(86_400_000);
    assert.deepEqual(told, [3600]);
  });

  it('is told of at the next start if no window was open', async () => {
    const { clock, told, open } = windowsInTurn();
    const first = open();
    await first.cache.put(ending());
    first.refresher.dispose();
    await clock.advance(7_200_000);
    assert.deepEqual(told, []);
    await open().cache.get('grant-0001');
    await clock.advance(1_000);
    assert.deepEqual(told, [7200]);
  });

  it('is told of once for each sign-in', async () => {
    const { clock, told, open } = windowsInTurn();
    const { cache } = open();
    await cache.put(ending());
    await clock.advance(4_000_000);
    const tokens = someTokens(2, {
      refreshToken: undefined,
      receivedAt: start + 4000,
      expiresAt: start + 5000,
    });
    await cache.update('grant-0001', () => ending({ tokens, revision: 1000 }));
    await clock.advance(4_000_000);
    assert.deepEqual(told, [3600, 5000]);
  });

  it('is not told of where the server gives the lifetime only by the settings, before that is over', async () => {
    const clock = manualClock(start * 1000);
    const told: number[] = [];
    const { cache } = keptGrants({
      clock,
      answer: nobody,
      providers: everyGrantOf({ ...someProvider, assumedTokenLifetime: 600 }),
      onSignInNeeded: () => void told.push(clock.now() / 1000 - start),
    });
    await cache.put(ending({ tokens: someTokens(1, { refreshToken: undefined, expiresAt: undefined }) }));
    await clock.advance(599_000);
    assert.deepEqual(told, []);
    await clock.advance(2_000);
    assert.deepEqual(told, [600]);
  });

  it('is told of once by windows that have not heard of each other, as it is stored', async () => {
    const storage = memorySecretStorage();
    const windows = [manualClock(start * 1000), manualClock(start * 1000)].map(clock => {
      const told: number[] = [];
      const onSignInNeeded = () => void told.push(clock.now() / 1000 - start);
      const providers = everyGrantOf(someProvider);
      return { clock, told, ...keptGrants({ clock, answer: nobody, providers, onSignInNeeded }, storage) };
    });
    await windows[0]?.cache.put(ending());
    await windows[1]?.cache.get('grant-0001');
    for (const { clock } of windows) await clock.advance(7_200_000);
    assert.deepEqual(
      windows.map(({ told }) => told),
      [[3600], []],
    );
  });

  it('is told of by the next leader if this window is leaving, or cannot store it', async () => {
    const clock = manualClock(start * 1000);
    let leads = true;
    const { cache } = keptGrants({
      clock,
      answer: nobody,
      isLeader: () => leads,
      leaveToOthers() {
        leads = false;
        return Promise.resolve(true);
      },
      onSignInNeeded: () => assert.fail('it is left to others'),
    });
    await cache.put(ending());
    await clock.advance(3_601_000);
    assert.equal(leads, false);
    assert.equal(cache.known()[0]?.ending?.told, undefined);
  });

  const silent: Record<string, { grant: Grant; isOf?: boolean; signsOut?: boolean }> = {
    'the person has signed out': { grant: ending(), signsOut: true },
    'the provider is not configured any more': { grant: ending(), isOf: false },
    'the person knows already that it needs them': {
      grant: ending({ signInNeeded: { reason: 'It is over.', since: start } }),
    },
    'it was stored before that was known': { grant: ending({ ending: undefined }) },
    'it never ends': {
      grant: ending({ tokens: someTokens(1, { refreshToken: undefined, expiresAt: undefined }) }),
    },
  };
  for (const [why, { grant, isOf, signsOut }] of Object.entries(silent))
    it(`is not told of if ${why}`, async () => {
      const { clock, told, open } = windowsInTurn(isOf);
      const { cache } = open();
      await cache.put(grant);
      if (signsOut) await cache.remove(grant.id, start);
      await clock.advance(7_200_000);
      assert.deepEqual(told, []);
    });

  it('is told of in one window, where the person looks, and nobody gets its token', async function () {
    this.timeout(120_000);
    const windows = sharedWindows();
    try {
      const opened = [await windows.open(), await windows.open(), await windows.open()] as const;
      opened[1].focused = true;
      const tokens = { ...ended(), refreshToken: undefined };
      await opened[2].accounts.add(someProvider, ending({ tokens }));
      await until(() => opened[1].shown.length > 0);
      await until(() => opened.every(window => storedIn(window).includes('"told":true')));
      assert.deepEqual(
        opened.map(({ shown }) => shown.map(({ ending: told }) => told)),
        [[], [{ cure: 'consent', told: true }], []],
      );
      for (const { accounts } of opened)
        assert.deepEqual(await accounts.sessions(someProvider, ['openid', 'profile']), []);
      const [entry, ...others] = (await opened[0].activity.entries()).filter(
        ({ event }) => event === 'failure',
      );
      assert.deepEqual([entry?.reason, others], ['The sign-in expired, and there’s no refresh token.', []]);
      assert.deepEqual(windows.server.sent, []);
    } finally {
      await windows.end();
    }
  });
});
