import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aborted } from '../../../src/platform/abort.ts';
import { claimAfter, latestTerm } from '../../../src/windows/sockets/claims.ts';
import { LeaderUnavailable } from '../../../src/windows/errors.ts';
import { openPlace } from '../../../src/windows/sockets/place.ts';
import { leaseOf } from '../../../src/windows/sockets/socketTransport.ts';
import { defaultTiming } from '../../../src/windows/timeouts.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { behavesAsGroup } from '../../windows/behaviour.ts';
import { testWindows, type TestWindows } from '../../windows/groups.ts';
import { recordedLog } from '../../windows/surroundings.ts';

describe('windows that meet by sockets', () => {
  behavesAsGroup(() => testWindows());

  let windows: TestWindows;
  beforeEach(() => {
    windows = testWindows();
  });
  afterEach(() => windows.end());

  it('gives its lease up when another window has claimed the next term', async () => {
    const { a, b } = await windows.two({ idempotent: ['whoLeads'] });
    const [first] = a.leases;
    // Another window that found this one silent.
    const claim = claimAfter(windows.directory, a.group.term, undefined);
    assert.ok(claim !== undefined);
    const local = a.group.leader.slow('local');
    const lost = assert.rejects(local, { code: 'LEADER_LOST' });
    assert.equal(first?.isCurrent(), false);
    assert.equal(first.lost.aborted, true);
    await lost;
    // It never listens, so that one of them takes over from it, too.
    const answers = await Promise.all([a, b].map(window => window.group.leader.whoLeads()));
    assert.deepEqual(answers[0], answers[1]);
    assert.ok(Number(answers[0]?.term) > claim.term);
  });

  it('carries out nothing that it asks of itself once it is superseded, though nobody told it', async () => {
    const a = windows.open('a');
    await a.has('leader');
    assert.ok(claimAfter(windows.directory, a.group.term, undefined) !== undefined);
    await assert.rejects(a.group.leader.add(1, 1), { code: 'LEADER_LOST' });
    assert.equal(a.leases[0]?.lost.aborted, true);
  });

  it('lets a member find a superseded leader out', async () => {
    const { a, b } = await windows.two();
    const claim = claimAfter(windows.directory, a.group.term, undefined);
    await assert.rejects(b.group.leader.add(1, 1), { code: 'LEADER_LOST' });
    assert.equal(a.leases[0]?.lost.aborted, true);
    assert.ok((await b.group.leader.whoLeads()).term > (claim?.term ?? Infinity));
  });

  it('finds out that it is superseded when a member leaves, without being asked', async () => {
    const { a, b } = await windows.two();
    const [lease] = a.leases;
    assert.ok(lease !== undefined);
    const over = new Promise<void>(resolve => lease.lost.addEventListener('abort', () => resolve()));
    assert.ok(claimAfter(windows.directory, a.group.term, undefined) !== undefined);
    assert.equal(lease.lost.aborted, false);
    await b.group.dispose();
    await over;
  });

  it('finds out that it is superseded as soon as somebody else claims, with nobody to tell it', async () => {
    const a = windows.open('a');
    await a.has('leader');
    const [lease = assert.fail()] = a.leases;
    assert.ok(claimAfter(windows.directory, a.group.term, undefined) !== undefined);
    assert.equal(lease.lost.aborted, false);
    await aborted(lease.lost);
  });

  it('knows whether the process lives that led before', () => {
    const surroundings = { clock: manualClock(), log: recordedLog(), timing: defaultTiming };
    const place = openPlace(windows.directory);
    for (const [pid, lives] of [
      [process.ppid, true],
      [0, false],
    ] as const) {
      const term = latestTerm(place.directory) + 1;
      writeFileSync(join(place.directory, `term-${term}`), `${pid} 0123456789ab\n`);
      const claim = claimAfter(place.directory, term, undefined) ?? assert.fail();
      const lease = leaseOf(place, claim, surroundings);
      assert.equal(lease.formerMayLive(), lives);
      for (const name of readdirSync(place.directory)) rmSync(join(place.directory, name));
      assert.equal(lease.formerMayLive(), false);
    }
  });

  it('may lead again as often as it likes if some time lies between', async () => {
    const clock = manualClock();
    const a = windows.open('a', { clock });
    await a.has('leader');
    for (let times = 0; times < 8; times++) {
      const term = a.group.term;
      a.leases.at(-1)?.giveUp();
      while (a.group.term === term || a.group.role !== 'leader') {
        assert.notEqual(a.group.role, 'alone');
        await clock.advance(1000);
      }
      await clock.advance(10_000);
    }
    assert.equal(a.leases.length, 9);
  });

  it('leaves nothing behind that would look after the others', async () => {
    const clock = manualClock();
    const a = windows.open('a', { clock });
    await a.has('leader');
    const b = windows.open('b', { clock });
    await b.has('member');
    await Promise.all([a.group.dispose(), b.group.dispose()]);
    // What remembers for a while what happened too often.
    await clock.advance(60_000);
    assert.equal(clock.pending, 0);
  });

  it('survives that somebody empties the directory', async () => {
    const { a, b } = await windows.two({ idempotent: ['whoLeads'] });
    for (const name of readdirSync(windows.directory)) rmSync(`${windows.directory}/${name}`);
    const c = windows.open('c');
    await c.has('leader');
    assert.equal(a.leases[0]?.isCurrent(), false);
    for (const window of [a, b, c]) assert.equal((await window.group.leader.whoLeads()).name, 'c');
  });

  it('says what it was trying when no leader is found in time', async () => {
    // A claim by a living process that never listens.
    writeFileSync(`${windows.directory}/term-1`, `${process.pid} 0123456789ab\n`);
    const a = windows.open('a', { timing: { settleWithin: 3 } });
    await assert.rejects(a.group.leader.add(1, 1), (error: unknown) => {
      assert.ok(error instanceof LeaderUnavailable);
      assert.match(error.message, new RegExp(`reaching process ${process.pid}`));
      return true;
    });
    await a.has('leader');
    assert.equal(latestTerm(windows.directory), 2);
  });
});
