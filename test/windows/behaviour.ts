import assert from 'node:assert/strict';
import { GroupDisposed, OwnerLost, RemoteError } from '../../src/windows/errors.ts';
import type { TestWindows } from './groups.ts';

/** The tests of what a group of windows promises, whatever its windows meet by. */
export function behavesAsGroup(openWindows: () => TestWindows): void {
  let windows: TestWindows;
  beforeEach(() => {
    windows = openWindows();
  });
  afterEach(() => windows.end());

  it('has one owner, and the others ask it', async () => {
    const opened = ['a', 'b', 'c', 'd', 'e'].map(name => windows.open(name));
    const answers = await Promise.all(opened.map(window => window.group.owner.whoOwns()));
    assert.equal(new Set(answers.map(answer => answer.name)).size, 1);
    assert.deepEqual(answers[0], { ...answers[0], current: true });
    const roles = opened.map(window => window.group.role).sort();
    assert.deepEqual(roles, ['member', 'member', 'member', 'member', 'owner']);
    assert.equal(
      opened.reduce((sum, window) => sum + window.ownerships.length, 0),
      1,
    );
  });

  it('passes arguments and results alike to the owner itself and to members', async () => {
    for (const { group } of Object.values(await windows.two())) {
      assert.equal(await group.owner.add(2, 3), 5);
      assert.deepEqual(await group.owner.echo({ ü: ['\n', null] }), { value: { ü: ['\n', null] }, count: 1 });
      assert.deepEqual(await group.owner.echo(1, undefined), { value: 1, count: 1 });
      assert.deepEqual(await group.owner.echo(undefined, 2), { value: null, count: 2 });
    }
  });

  it('passes errors alike, without their stack', async () => {
    for (const { group } of Object.values(await windows.two())) {
      await assert.rejects(group.owner.fail('E_TEST'), (error: unknown) => {
        assert.ok(error instanceof RemoteError);
        assert.deepEqual(
          [error.originalName, error.message, error.code],
          ['TypeError', 'it failed', 'E_TEST'],
        );
        return true;
      });
      const owner = group.owner as unknown as Record<string, () => Promise<unknown>>;
      for (const name of ['missing', 'constructor', 'toString', '__proto__']) {
        await assert.rejects(owner[name]?.() ?? assert.fail(), { code: 'NO_SUCH_FUNCTION' });
      }
    }
  });

  it('refuses messages that are too large, in both directions, and goes on', async () => {
    for (const { group } of Object.values(await windows.two())) {
      const megabyte = 1024 * 1024;
      await assert.rejects(group.owner.echo('x'.repeat(megabyte)), { code: 'MESSAGE_TOO_LARGE' });
      await assert.rejects(group.owner.text(megabyte), { code: 'MESSAGE_TOO_LARGE' });
      assert.equal((await group.owner.text(megabyte - 1000)).length, megabyte - 1000);
    }
  });

  it('answers many calls at once', async () => {
    const { b } = await windows.two();
    const sums = await Promise.all(Array.from({ length: 1000 }, (_, i) => b.group.owner.add(i, 1)));
    assert.deepEqual(
      sums,
      Array.from({ length: 1000 }, (_, i) => i + 1),
    );
  });

  it('reaches every window with a broadcast, whoever sends it', async () => {
    const { a, b } = await windows.two();
    const c = windows.open('c');
    await c.has('member');
    const heard = (text: string) => ['a', 'b', 'c'].map(name => ({ value: `${name} heard ${text}` }));
    const sorted = (outcomes: unknown[]) =>
      outcomes.sort((x, y) => JSON.stringify(x).localeCompare(JSON.stringify(y)));
    assert.deepEqual(sorted(await a.group.broadcast.tell('1')), heard('1'));
    assert.deepEqual(sorted(await b.group.broadcast.tell('2')), heard('2'));
    assert.deepEqual(sorted((await a.ownerships[0]?.broadcast.tell('3')) ?? []), heard('3'));
    for (const window of [a, b, c]) assert.deepEqual(window.told, ['1', '2', '3']);
  });

  it('does not wait for a window that does not answer a broadcast', async () => {
    const { b } = await windows.two({ timing: { unresponsiveAfter: 500 } });
    const outcomes = await b.group.broadcast.never();
    assert.equal(outcomes.length, 2);
    for (const outcome of outcomes) assert.match('error' in outcome ? outcome.error.message : '', /in time/);
  });

  it('finds another owner when the owner leaves', async () => {
    const { a, b } = await windows.two();
    const before = a.group.generation;
    const [ownership] = a.ownerships;
    await a.group.dispose();
    await b.has('owner', before + 1);
    assert.equal(ownership?.signal.aborted, true);
    assert.equal(ownership.isCurrent(), false);
    assert.equal(b.ownerships[0]?.isCurrent(), true);
    assert.equal((await b.group.owner.whoOwns()).name, 'b');
    const c = windows.open('c');
    assert.equal((await c.group.owner.whoOwns()).name, 'b');
  });

  it('repeats a call that is idempotent at the next owner, and no other', async () => {
    const a = windows.open('a');
    await a.has('owner');
    const b = windows.open('b', { idempotent: ['slow'] });
    const c = windows.open('c');
    await Promise.all([b.has('member'), c.has('member')]);
    const repeated = b.group.owner.slow('repeated');
    const once = c.group.owner.slow('once');
    await a.slowCalls(2);
    const lost = assert.rejects(
      once,
      (error: unknown) => error instanceof OwnerLost && error.code === 'OWNER_LOST',
    );
    await a.group.dispose();
    await lost;
    const next = await Promise.race([b, c].map(window => window.has('owner').then(() => window)));
    await next.slowCalls(1);
    assert.equal(next.slow.length, 1);
    next.slow[0]?.('done');
    assert.equal(await repeated, 'repeated done');
  });

  it('tells every change of role', async () => {
    const { a, b } = await windows.two();
    const seen: string[] = [];
    b.group.onRoleChange((role, generation) => seen.push(`${role} ${generation}`));
    const generation = a.group.generation;
    await a.group.dispose();
    await b.has('owner');
    assert.deepEqual(seen, ['joining 0', `owner ${generation + 1}`]);
  });

  it('keeps calls waiting until the owner is ready, and not for ever', async () => {
    const ready = Promise.withResolvers<never>();
    const options = { createOwner: () => ready.promise, timing: { settleWithin: 30 } };
    const a = windows.open('a', options);
    await a.has('owner');
    const b = windows.open('b', options);
    for (const { group } of [a, b]) {
      await assert.rejects(group.owner.add(1, 1), (error: unknown) => {
        assert.ok(error instanceof RemoteError);
        assert.equal(error.code, 'OWNER_UNAVAILABLE');
        assert.match(error.message, /30 ms .*still starting.*reload/);
        return true;
      });
    }
  });

  it('starts the owner again when starting it failed', async () => {
    let starts = 0;
    const a = windows.open('a', {
      createOwner: () => {
        if (++starts === 1) throw Object.assign(new Error('not now'), { code: 'E_FIRST' });
        return { add: (x: number, y: number) => x + y } as never;
      },
    });
    await a.log.line('could not be started', 'E_FIRST');
    assert.equal(await a.group.owner.add(1, 2), 3);
    assert.equal(starts, 2);
  });

  it('answers nobody any more after it has left', async () => {
    const { a, b } = await windows.two();
    const waiting = b.group.owner.slow('x');
    await a.slowCalls(1);
    const lost = assert.rejects(waiting, OwnerLost);
    await b.group.dispose();
    await lost;
    await b.group.dispose();
    await assert.rejects(b.group.owner.add(1, 1), GroupDisposed);
    await assert.rejects(b.group.broadcast.tell('x'), GroupDisposed);
    assert.equal(await a.group.owner.add(1, 1), 2);
  });

  it('can be left while it is still joining', async () => {
    const a = windows.open('a');
    const call = assert.rejects(a.group.owner.add(1, 1), GroupDisposed);
    await a.group.dispose();
    await call;
  });
}
