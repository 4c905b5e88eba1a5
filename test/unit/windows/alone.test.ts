import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/platform/clock.ts';
import { claimAfter } from '../../../src/windows/sockets/claims.ts';
import { codeOf } from '../../../src/windows/errors.ts';
import { lead } from '../../../src/windows/leader.ts';
import { openPlace } from '../../../src/windows/sockets/place.ts';
import { leaseOf } from '../../../src/windows/sockets/socketTransport.ts';
import { defaultTiming } from '../../../src/windows/timeouts.ts';
import { testWindows } from '../../windows/groups.ts';
import { recordedLog } from '../../windows/surroundings.ts';

const alone = 'This window cannot share with the others and works alone';

describe('a window that cannot find the others', () => {
  let windows: ReturnType<typeof testWindows>;
  beforeEach(() => {
    windows = testWindows();
  });
  afterEach(() => windows.end());

  /** A path at which no directory can be made, by no user. */
  function impossible(): string {
    const file = join(windows.directory, 'file');
    writeFileSync(file, '');
    return join(file, 'w');
  }

  it('is its own leader, and says so', async () => {
    const a = windows.open('a', { directory: impossible() });
    const line = await a.log.line(alone, 'ENOTDIR');
    assert.equal(line.level, 'error');
    await a.has('alone');
    assert.deepEqual(await a.group.leader.whoLeads(), { name: 'a', term: 0, current: true });
    assert.deepEqual(await a.group.broadcast.tell('x'), [{ value: 'a heard x' }]);
    assert.equal(await a.group.leader.add(1, 2), 3);
    await a.group.dispose();
    assert.equal(a.leases[0]?.isCurrent(), false);
    assert.equal(a.leases[0].lost.aborted, true);
  });

  it('joins them when that becomes possible', async () => {
    const directory = impossible();
    const a = windows.open('a', { directory, timing: { aloneRecheck: 5 } });
    await a.has('alone');
    const [lease] = a.leases;
    assert.equal(lease?.isCurrent(), true);
    rmSync(join(windows.directory, 'file'));
    await a.has('leader', 1);
    assert.equal(lease.lost.aborted, true);
    assert.equal(lease.isCurrent(), false);
    const b = windows.open('b', { directory });
    assert.equal((await b.group.leader.whoLeads()).name, 'a');
  });

  it('does not lead where nothing can listen', async () => {
    const place = openPlace(windows.directory);
    const claim = claimAfter(place.directory, 0, undefined) ?? assert.fail();
    const surroundings = { clock: systemClock, log: recordedLog(), timing: defaultTiming };
    const lease = leaseOf(place, { ...claim, folder: join(windows.directory, 'missing') }, surroundings);
    await assert.rejects(
      lead(lease, { ...surroundings, serve: () => assert.fail(), window: {} }),
      (error: unknown) => codeOf(error) !== undefined,
    );
    assert.equal(lease.lost.aborted, true);
  });

  it('stops taking over when the lease is taken from it again and again', async () => {
    const a = windows.open('a');
    // Another machine that shares the directory: claims, and cannot be reached.
    a.group.onRoleChange((role, term) => {
      if (role !== 'leader') return;
      const { term: next } = claimAfter(windows.directory, term, undefined) ?? assert.fail();
      writeFileSync(join(windows.directory, `term-${next}`), '0 0123456789ab\n');
      a.leases.at(-1)?.isCurrent();
    });
    const line = await a.log.line(alone, 'several machines');
    assert.equal(line.level, 'error');
    await a.has('alone');
    // Five shared ones, and the one it has alone.
    assert.deepEqual(
      a.leases.map(lease => lease.term),
      [1, 3, 5, 7, 9, 0],
    );
    assert.equal(await a.group.leader.add(1, 2), 3);
  });
});
