import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { claimAfter, latestGeneration } from '../../../src/windows/sockets/claims.ts';
import { OwnerUnavailable } from '../../../src/windows/errors.ts';
import { behavesAsGroup } from '../../windows/behaviour.ts';
import { testWindows, type TestWindows } from '../../windows/groups.ts';

describe('windows that meet by sockets', () => {
  behavesAsGroup(() => testWindows());

  let windows: TestWindows;
  beforeEach(() => {
    windows = testWindows();
  });
  afterEach(() => windows.end());

  it('gives its ownership up when another window has claimed the next generation', async () => {
    const { a, b } = await windows.two({ idempotent: ['whoOwns'] });
    const [first] = a.ownerships;
    // Another window that found this one silent.
    const claim = claimAfter(windows.directory, a.group.generation);
    assert.ok(claim !== undefined);
    const local = a.group.owner.slow('local');
    const lost = assert.rejects(local, { code: 'OWNER_LOST' });
    assert.equal(first?.isCurrent(), false);
    assert.equal(first.signal.aborted, true);
    await lost;
    // It never listens, so that one of them takes over from it, too.
    const answers = await Promise.all([a, b].map(window => window.group.owner.whoOwns()));
    assert.deepEqual(answers[0], answers[1]);
    assert.ok(Number(answers[0]?.generation) > claim.generation);
  });

  it('lets a member find a superseded owner out', async () => {
    const { a, b } = await windows.two();
    const claim = claimAfter(windows.directory, a.group.generation);
    await assert.rejects(b.group.owner.add(1, 1), { code: 'OWNER_LOST' });
    assert.equal(a.ownerships[0]?.signal.aborted, true);
    assert.ok((await b.group.owner.whoOwns()).generation > (claim?.generation ?? Infinity));
  });

  it('finds out that it is superseded when a member leaves, without being asked', async () => {
    const { a, b } = await windows.two();
    const [ownership] = a.ownerships;
    assert.ok(ownership !== undefined);
    const over = new Promise<void>(resolve => ownership.signal.addEventListener('abort', () => resolve()));
    assert.ok(claimAfter(windows.directory, a.group.generation) !== undefined);
    assert.equal(ownership.signal.aborted, false);
    await b.group.dispose();
    await over;
  });

  it('survives that somebody empties the directory', async () => {
    const { a, b } = await windows.two({ idempotent: ['whoOwns'] });
    for (const name of readdirSync(windows.directory)) rmSync(`${windows.directory}/${name}`);
    const c = windows.open('c');
    await c.has('owner');
    assert.equal(a.ownerships[0]?.isCurrent(), false);
    for (const window of [a, b, c]) assert.equal((await window.group.owner.whoOwns()).name, 'c');
  });

  it('says what it was trying when no owner is found in time', async () => {
    // A claim by a living process that never listens.
    writeFileSync(`${windows.directory}/generation-1`, `${process.pid} 0123456789ab\n`);
    const a = windows.open('a', { timing: { settleWithin: 3 } });
    await assert.rejects(a.group.owner.add(1, 1), (error: unknown) => {
      assert.ok(error instanceof OwnerUnavailable);
      assert.match(error.message, new RegExp(`reaching process ${process.pid}`));
      return true;
    });
    await a.has('owner');
    assert.equal(latestGeneration(windows.directory), 2);
  });
});
