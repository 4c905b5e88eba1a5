import assert from 'node:assert/strict';
import { serialiseGrant } from '../../../../src/sessions/grant/grant.ts';
import { leaderCalls } from '../../../../src/sessions/sharing/leaderCalls.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { quietWindow } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, someProvider } from '../someGrant.ts';

describe('a leader', () => {
  it('takes no sign-in over if another window has begun to lead while it read its storage', async () => {
    const storage = memorySecretStorage();
    const never = new Promise<never>(() => undefined);
    const parts = keptGrants({ clock: manualClock(), answer: () => never }, storage);
    let current = true;
    const leader = leaderCalls({
      ...parts,
      ...quietWindow,
      isCurrent: () => current,
      leaveToOthers: () => never,
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
