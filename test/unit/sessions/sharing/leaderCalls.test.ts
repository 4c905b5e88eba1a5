import assert from 'node:assert/strict';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import { revisionOfSignIn } from '../../../../src/sessions/grant/revisions.ts';
import type { GrantCache } from '../../../../src/sessions/store/grantCache.ts';
import { leaderCalls } from '../../../../src/sessions/sharing/leaderCalls.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { quietWindow } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, someProvider, start } from '../someGrant.ts';

/** Nobody signs out. */
const quietTeller = {
  keep: () => Promise.resolve(),
  forget: () => Promise.resolve(),
  rouse: () => undefined,
  reached: () => undefined,
  dispose: () => undefined,
};

describe('a leader', () => {
  /** @param renewed what came of a refresh. */
  function leading(renewed: (cache: GrantCache) => Promise<Grant | undefined> = () => assert.fail()) {
    const parts = keptGrants({ clock: manualClock(), answer: () => assert.fail('nothing is sent') });
    const leader = leaderCalls({
      ...parts,
      ...quietWindow,
      refresher: { ...parts.refresher, renew: () => renewed(parts.cache) },
      teller: quietTeller,
      isCurrent: () => true,
      heardOthers: () => Promise.resolve(),
      leaveToAble: () => Promise.resolve(false),
    });
    return { ...parts, leader };
  }

  it('says that a grant was signed out, and never of a later sign-in', async () => {
    const { cache, leader } = leading();
    const { id, revision } = someGrant({ revision: 7 });
    await cache.put(someGrant({ revision }));
    await cache.remove(id, start);
    const removal = { id, providerId: 'oidc', revision, removed: start };
    assert.deepEqual(await leader.renew(id, 1, revision), { kind: 'removed', removal });
    assert.deepEqual(await leader.renew(id, 1, revision + 2000), { kind: 'removed', removal });
    assert.deepEqual(await leader.renew(id, 1, revisionOfSignIn(revision)), { kind: 'behind' });
  });

  it('says that a grant was signed out while it was refreshed', async () => {
    const { cache, leader } = leading(async cache => {
      await cache.remove('grant-0001', start);
      return cache.get('grant-0001');
    });
    await cache.put(someGrant());
    const { kind } = await leader.renew('grant-0001', 1, 1);
    assert.equal(kind, 'removed');
  });

  it('says that it lacks a grant, or has an older one, and refreshes nothing then', async () => {
    const { cache, leader } = leading();
    assert.deepEqual(await leader.renew('grant-0001', 1, 1), { kind: 'behind' });
    await cache.put(someGrant({ revision: 3 }));
    assert.deepEqual(await leader.renew('grant-0001', 1, 4), { kind: 'behind' });
    assert.deepEqual(await leader.derive('grant-0001', ['email'], 0, 4), { kind: 'behind' });
  });

  it('takes no sign-in over if another window has begun to lead while it read its storage', async () => {
    const storage = memorySecretStorage();
    const never = new Promise<never>(() => undefined);
    const parts = keptGrants({ clock: manualClock(), answer: () => never }, storage);
    let current = true;
    const leader = leaderCalls({
      ...parts,
      ...quietWindow,
      isCurrent: () => current,
      heardOthers: () => never,
      teller: quietTeller,
      leaveToAble: () => never,
    });
    const add = (id: string): Promise<string> => leader.add(someProvider, serialiseGrant(someGrant({ id })));
    storage.fails = () => {
      current = false;
      return false;
    };
    await assert.rejects(add('grant-0001'), { code: 'LEADER_LOST' });
    assert.deepEqual(parts.cache.known(), []);
    current = true;
    await add('grant-0002');
    assert.equal(parts.cache.known().length, 1);
  });
});
