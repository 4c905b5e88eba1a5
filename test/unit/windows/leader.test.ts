import assert from 'node:assert/strict';
import { systemClock } from '../../../src/platform/clock.ts';
import { heldLease } from '../../../src/windows/lease.ts';
import { lead } from '../../../src/windows/leader.ts';
import { defaultTiming } from '../../../src/windows/timeouts.ts';
import { recordedLog } from '../../windows/surroundings.ts';

describe('a window that leads', () => {
  const service = { window: {}, clock: systemClock, log: recordedLog(), timing: defaultTiming };

  it('does not begin if another one has taken over while it began to listen', async () => {
    let isCurrent = true;
    const lease = heldLease(7, () => Promise.resolve(void (isCurrent = false)));
    const served: string[] = [];
    const serve = () => (served.push('begun'), {});
    const isLeading = await lead({ ...lease, isCurrent: () => isCurrent }, { ...service, serve });
    // What it does is begun in a later turn.
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(isLeading, undefined);
    assert.deepEqual(served, []);
    assert.equal(lease.lost.aborted, true);
  });
});
