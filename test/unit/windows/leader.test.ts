import assert from 'node:assert/strict';
import { systemClock } from '../../../src/platform/clock.ts';
import { carriedBy } from '../../../src/windows/channel.ts';
import { joinWindows } from '../../../src/windows/group.ts';
import { LeaderLost } from '../../../src/windows/errors.ts';
import { heldLease, type Transport } from '../../../src/windows/lease.ts';
import { lead } from '../../../src/windows/leader.ts';
import { defaultTiming } from '../../../src/windows/timeouts.ts';
import { recordedLog } from '../../windows/surroundings.ts';

const service = { window: {}, clock: systemClock, log: recordedLog(), timing: defaultTiming };

describe('a window', () => {
  it('asks no leader that has gone before it could be asked, and tells of none', async () => {
    const gone = carriedBy({ send: () => undefined, close: () => undefined });
    gone.frames.drop('it has gone');
    const next = heldLease(2, () => Promise.resolve());
    const transport: Transport = {
      turns: () => [{ term: 1, leader: gone.frames }, next],
      canMeet: () => Promise.resolve(true),
    };
    const serve = () => ({ add: (a: number, b: number) => a + b });
    const group = joinWindows(transport, { ...service, directory: '', serve });
    const told: string[] = [];
    group.onRoleChange((role, term) => told.push(`${role} ${term}`));
    assert.equal(await group.leader.add(1, 2), 3);
    assert.deepEqual(told, ['leader 2']);
    await group.dispose();
  });
});

describe('a window that leads', () => {
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

  it('does nothing for a call that arrived before another one took over', async () => {
    const lease = heldLease(7, () => Promise.resolve());
    let isSuperseded = false;
    const isCurrent = (): boolean => {
      if (isSuperseded) lease.giveUp();
      return lease.isCurrent();
    };
    const started = Promise.withResolvers<void>();
    const begins = Promise.withResolvers<void>();
    const done: string[] = [];
    const serve = async () => {
      begins.resolve();
      await started.promise;
      return { note: (text: string) => void done.push(text) };
    };
    const leading = await lead({ ...lease, isCurrent }, { ...service, serve: serve });
    const early = leading?.call('note', ['early']);
    const refused = assert.rejects(async () => early, LeaderLost);
    await begins.promise;
    isSuperseded = true;
    started.resolve();
    await refused;
    assert.deepEqual(done, []);
  });
});
