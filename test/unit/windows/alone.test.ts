import assert from 'node:assert/strict';
import { rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/platform/clock.ts';
import { claimAfter } from '../../../src/windows/sockets/claims.ts';
import { codeOf } from '../../../src/windows/errors.ts';
import { holdOf } from '../../../src/windows/sockets/hold.ts';
import { openPlace } from '../../../src/windows/sockets/place.ts';
import { takeSeat } from '../../../src/windows/seat.ts';
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

  it('is its own owner, and says so', async () => {
    const a = windows.open('a', { directory: impossible() });
    const line = await a.log.line(alone, 'ENOTDIR');
    assert.equal(line.level, 'error');
    await a.has('alone');
    assert.deepEqual(await a.group.owner.whoOwns(), { name: 'a', generation: 0, current: true });
    assert.deepEqual(await a.group.broadcast.tell('x'), [{ value: 'a heard x' }]);
    assert.equal(await a.group.owner.add(1, 2), 3);
    await a.group.dispose();
    assert.equal(a.ownerships[0]?.isCurrent(), false);
    assert.equal(a.ownerships[0].signal.aborted, true);
  });

  it('joins them when that becomes possible', async () => {
    const directory = impossible();
    const a = windows.open('a', { directory, timing: { aloneRecheck: 5 } });
    await a.has('alone');
    const [ownership] = a.ownerships;
    assert.equal(ownership?.isCurrent(), true);
    rmSync(join(windows.directory, 'file'));
    await a.has('owner', 1);
    assert.equal(ownership.signal.aborted, true);
    assert.equal(ownership.isCurrent(), false);
    const b = windows.open('b', { directory });
    assert.equal((await b.group.owner.whoOwns()).name, 'a');
  });

  if (process.platform !== 'win32') {
    it('works alone when somebody else holds the path of its sockets', async () => {
      const directory = join(windows.directory, 'long'.repeat(30));
      const { socketDirectory } = openPlace(directory);
      assert.ok(socketDirectory !== undefined && socketDirectory !== directory);
      rmdirSync(socketDirectory);
      writeFileSync(socketDirectory, '');
      try {
        const a = windows.open('a', { directory });
        await a.log.line(alone, `${socketDirectory} is not a directory`);
        assert.equal(await a.group.owner.add(1, 2), 3);
      } finally {
        rmSync(socketDirectory);
      }
    });
  }

  it('does not take a seat where nothing can listen', async () => {
    const place = openPlace(windows.directory);
    const claim = claimAfter(place.directory, 0) ?? assert.fail();
    const options = {
      createOwner: () => assert.fail(),
      window: {},
      clock: systemClock,
      log: recordedLog(),
      timing: { unresponsiveAfter: 3000, heartbeat: 30_000, settleWithin: 10_000, aloneRecheck: 60_000 },
    };
    const nowhere = { ...place, addressOf: () => join(windows.directory, 'missing', 'socket') };
    await assert.rejects(
      takeSeat(options, holdOf(nowhere, claim, options)),
      (error: unknown) => codeOf(error) !== undefined,
    );
  });

  it('stops taking over when ownership is taken from it again and again', async () => {
    const a = windows.open('a');
    // Another machine that shares the directory: claims, and cannot be reached.
    a.group.onRoleChange((role, generation) => {
      if (role !== 'owner') return;
      const { generation: next } = claimAfter(windows.directory, generation) ?? assert.fail();
      writeFileSync(join(windows.directory, `generation-${next}`), '0 0123456789ab\n');
      a.ownerships.at(-1)?.isCurrent();
    });
    const line = await a.log.line(alone, 'several machines');
    assert.equal(line.level, 'error');
    await a.has('alone');
    // Five shared ones, and the one it has alone.
    assert.deepEqual(
      a.ownerships.map(ownership => ownership.generation),
      [1, 3, 5, 7, 9, 0],
    );
    assert.equal(await a.group.owner.add(1, 2), 3);
  });
});
