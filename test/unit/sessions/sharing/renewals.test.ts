import assert from 'node:assert/strict';
import { createGrantCache } from '../../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../../src/sessions/store/grantStore.ts';
import { parseGrant, serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import { createComparing } from '../../../../src/sessions/sharing/comparison.ts';
import { createGrantSync } from '../../../../src/sessions/sharing/grantSync.ts';
import type { LeaderCalls, Renewal } from '../../../../src/sessions/sharing/leaderCalls.ts';
import { createRenewals } from '../../../../src/sessions/sharing/renewals.ts';
import type { Windows } from '../../../../src/sessions/sharing/windowCalls.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { everyGrantOf } from '../../../standIns/quietWindow.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { someGrant, someProvider, someTokens } from '../someGrant.ts';

const mine = someGrant({ revision: 5 });
const renewed = someGrant({ revision: 1000, tokens: someTokens(2) });

/** A member whose leader answers like this, one after the other. */
async function member(...answers: (Renewal | Promise<Renewal>)[]) {
  const [clock, log] = [manualClock(), recordingLog()];
  const store = createGrantStore({
    storage: memorySecretStorage(),
    log,
    onSetAside: () => assert.fail('nothing is damaged'),
  });
  const cache = createGrantCache(store, clock, log);
  await cache.put(mine);
  const asked: string[] = [];
  const leader = {
    renew: (id: string, serial: number, revision: number, urgent?: boolean) => {
      asked.push(`renew ${id} ${serial} r${revision}${urgent ? ' at once' : ''}`);
      return Promise.resolve(answers.shift() ?? assert.fail('it was asked too often'));
    },
    put: (text: string) => {
      const parsed = parseGrant(text);
      asked.push(`put ${parsed.kind === 'grant' ? `${parsed.grant.id} r${parsed.grant.revision}` : ''}`);
      return Promise.resolve();
    },
  } satisfies Partial<{ [Name in keyof LeaderCalls]: unknown }>;
  const windows = Promise.resolve({ leader } as unknown as Windows);
  const comparing = createComparing(cache, clock, log);
  const sync = createGrantSync({ cache, log, comparing, windows, leading: () => undefined });
  const providers = everyGrantOf(someProvider);
  return { asked, cache, ...createRenewals({ cache, clock, log, providers, windows, sync }) };
}

describe('a window that asks the leader for later tokens', () => {
  it('tells a leader that lacks the grant, or has an older one, of it and asks again', async () => {
    const { asked, renew } = await member(
      { kind: 'behind' },
      { kind: 'grant', text: serialiseGrant(renewed) },
    );
    assert.equal((await renew(mine.id, 1))?.tokens.serial, 2);
    assert.deepEqual(asked, ['renew grant-0001 1 r5', 'put grant-0001 r5', 'renew grant-0001 1 r5']);
  });

  it('has what it had from a leader that lacks it for ever', async () => {
    const { asked, renew } = await member({ kind: 'behind' }, { kind: 'behind' });
    assert.equal((await renew(mine.id, 1))?.tokens.serial, 1);
    assert.equal(asked.filter(call => call.startsWith('renew')).length, 2);
  });

  it('shares what it asks for at the same time, but not for later tokens or what a user waits for', async () => {
    const slow = Promise.withResolvers<Renewal>();
    const last: Renewal = { kind: 'grant', text: serialiseGrant({ ...renewed, tokens: someTokens(3) }) };
    const { asked, cache, renew } = await member(slow.promise, slow.promise, last);
    const both = [renew(mine.id, 1), renew(mine.id, 1), renew(mine.id, 1, true)];
    await settled();
    // The leader announces them before it answers.
    await cache.put(renewed);
    const later = renew(mine.id, 2);
    await settled();
    assert.deepEqual(
      asked.filter(call => call.startsWith('renew')),
      ['renew grant-0001 1 r5', 'renew grant-0001 1 r5 at once', 'renew grant-0001 2 r1000'],
    );
    slow.resolve({ kind: 'grant', text: serialiseGrant(renewed) });
    for (const grant of await Promise.all(both)) assert.equal(grant?.tokens.serial, 2);
    await later;
  });

  it('hears that it was signed out', async () => {
    const removal = { id: mine.id, providerId: 'oidc', revision: 5, removed: 1 };
    const { cache, renew } = await member({ kind: 'removed', removal });
    assert.equal(await renew(mine.id, 1), undefined);
    assert.deepEqual(cache.known(), []);
    assert.deepEqual(await cache.removal(mine.id), removal);
  });
});
