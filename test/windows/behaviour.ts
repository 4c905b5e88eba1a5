import assert from 'node:assert/strict';
import { GroupDisposed, LeaderLost, RemoteError } from '../../src/windows/errors.ts';
import type { TestWindows } from './groups.ts';

/** The tests of what a group of windows promises, whatever its windows meet by. */
export function behavesAsGroup(openWindows: () => TestWindows): void {
  let windows: TestWindows;
  beforeEach(() => {
    windows = openWindows();
  });
  afterEach(() => windows.end());

  it('has one leader, and the others ask it', async () => {
    const opened = ['a', 'b', 'c', 'd', 'e'].map(name => windows.open(name));
    const answers = await Promise.all(opened.map(window => window.group.leader.whoLeads()));
    assert.equal(new Set(answers.map(answer => answer.name)).size, 1);
    assert.deepEqual(answers[0], { ...answers[0], current: true });
    const roles = opened.map(window => window.group.role).sort();
    assert.deepEqual(roles, ['leader', 'member', 'member', 'member', 'member']);
    assert.equal(
      opened.reduce((sum, window) => sum + window.leases.length, 0),
      1,
    );
  });

  it('passes arguments and results alike to the leader itself and to members', async () => {
    for (const { group } of Object.values(await windows.two())) {
      assert.equal(await group.leader.add(2, 3), 5);
      assert.deepEqual(await group.leader.echo({ ü: ['\n', null] }), {
        value: { ü: ['\n', null] },
        count: 1,
      });
      assert.deepEqual(await group.leader.echo(1, undefined), { value: 1, count: 1 });
      assert.deepEqual(await group.leader.echo(undefined, 2), { value: null, count: 2 });
    }
  });

  it('passes errors alike, without their stack', async () => {
    for (const { group } of Object.values(await windows.two())) {
      await assert.rejects(group.leader.fail('E_TEST'), (error: unknown) => {
        assert.ok(error instanceof RemoteError);
        assert.deepEqual(
          [error.originalName, error.message, error.code],
          ['TypeError', 'it failed', 'E_TEST'],
        );
        return true;
      });
      const leader = group.leader as unknown as Record<string, () => Promise<unknown>>;
      for (const name of ['missing', 'constructor', 'toString', '__proto__']) {
        await assert.rejects(leader[name]?.() ?? assert.fail(), { code: 'NO_SUCH_FUNCTION' });
      }
    }
  });

  it('refuses messages that are too large, in both directions, and goes on', async () => {
    for (const { group } of Object.values(await windows.two())) {
      const megabyte = 1024 * 1024;
      await assert.rejects(group.leader.echo('x'.repeat(megabyte)), { code: 'MESSAGE_TOO_LARGE' });
      await assert.rejects(group.leader.text(megabyte), { code: 'MESSAGE_TOO_LARGE' });
      assert.equal((await group.leader.text(megabyte - 1000)).length, megabyte - 1000);
    }
  });

  it('answers many calls at once', async () => {
    const { b } = await windows.two();
    const sums = await Promise.all(Array.from({ length: 1000 }, (_, i) => b.group.leader.add(i, 1)));
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
    assert.deepEqual(sorted((await a.leases[0]?.broadcast.tell('3')) ?? []), heard('3'));
    for (const window of [a, b, c]) assert.deepEqual(window.told, ['1', '2', '3']);
    assert.deepEqual(sorted((await a.leases[0]?.others.tell('4')) ?? []), heard('4').slice(1));
    assert.deepEqual(a.told, ['1', '2', '3']);
    await c.group.dispose();
    while ((await b.group.broadcast.tell('5')).length > 2)
      await new Promise(resolve => setTimeout(resolve, 2));
  });

  it('does not wait for a window that does not answer a broadcast', async () => {
    const { b } = await windows.two({ timing: { unresponsiveAfter: 500 } });
    const outcomes = await b.group.broadcast.never();
    assert.equal(outcomes.length, 2);
    for (const outcome of outcomes) assert.match('error' in outcome ? outcome.error.message : '', /in time/);
  });

  it('finds another leader when the leader leaves', async () => {
    const { a, b } = await windows.two();
    const before = a.group.term;
    const [lease] = a.leases;
    await a.group.dispose();
    await b.has('leader', before + 1);
    assert.equal(lease?.lost.aborted, true);
    assert.equal(lease.isCurrent(), false);
    assert.equal(b.leases[0]?.isCurrent(), true);
    assert.equal((await b.group.leader.whoLeads()).name, 'b');
    const c = windows.open('c');
    assert.equal((await c.group.leader.whoLeads()).name, 'b');
  });

  it('ends a lease before any other window learns of it, and leaves it to another one', async () => {
    const { a, b } = await windows.two();
    const { term } = a.group;
    const [lease = assert.fail()] = a.leases;
    const seen: string[] = [];
    for (const { name, group } of [a, b])
      group.onRoleChange((role, inTerm) => seen.push(`${name} ${role} ${inTerm}`));
    lease.lost.addEventListener('abort', () =>
      seen.push(`lost, ${lease.isCurrent() ? 'and current' : 'not current'}, b ${b.group.role}`),
    );
    lease.giveUp();
    assert.deepEqual(seen, ['lost, not current, b member'], 'at once');
    // Not of the one that is lost already.
    const asked = a.group.leader.whoLeads();
    lease.giveUp();
    await Promise.all([a.has('member', term + 1), b.has('leader', term + 1)]);
    const of = (who: string) => seen.filter(text => text.startsWith(who));
    assert.deepEqual(of('lost').length, 1);
    assert.deepEqual(of('a'), ['a joining 0', `a member ${term + 1}`]);
    assert.deepEqual(of('b'), ['b joining 0', `b leader ${term + 1}`]);
    assert.equal((await asked).name, 'b');
  });

  it('reaches no member any more once its lease is over', async () => {
    const { a, b } = await windows.two();
    const [lease = assert.fail()] = a.leases;
    lease.giveUp();
    assert.deepEqual(await lease.broadcast.tell('too late'), [{ value: 'a heard too late' }]);
    await b.has('leader');
    assert.deepEqual(b.told, []);
  });

  it('gets the lease again that it gave up if there is nobody else', async () => {
    const a = windows.open('a');
    await a.has('leader');
    const { term } = a.group;
    a.leases[0]?.giveUp();
    await a.has('leader', term + 1);
    assert.equal((await a.group.leader.whoLeads()).term, term + 1);
  });

  it('answers or loses each call that is under way when a lease ends, and answers none of them later', async () => {
    const { a, b } = await windows.two();
    const told: string[] = [];
    const ask = (who: string, { group }: typeof a, text: string): Promise<void> =>
      group.leader.slow(text).then(
        answer => void told.push(`${who}: ${answer}`),
        (error: unknown) =>
          void told.push(`${who}: ${text} ${error instanceof LeaderLost ? 'lost' : 'failed'}`),
      );
    const answered = ask('b', b, 'answered');
    await a.slowCalls(1);
    a.slow[0]?.('in time');
    await answered;
    const open = [ask('a', a, 'own'), ask('b', b, 'other')];
    await a.slowCalls(3);
    const everywhere = b.group.broadcast.never().then(
      () => 'answered',
      (error: unknown) => (error instanceof LeaderLost ? 'lost' : 'failed'),
    );
    // The leader has heard it: what comes later on the same way has been answered.
    await b.group.leader.add(1, 1);
    a.leases[0]?.giveUp();
    for (const answer of a.slow.slice(1)) answer('too late');
    await Promise.all(open);
    assert.deepEqual(told.sort(), ['a: own lost', 'b: answered in time', 'b: other lost']);
    assert.equal(await everywhere, 'lost');
    await b.has('leader');
    assert.equal(b.slow.length, 0, 'nothing is repeated');
  });

  it('repeats a call that is idempotent at the next leader, and no other', async () => {
    const a = windows.open('a');
    await a.has('leader');
    const b = windows.open('b', { idempotent: ['slow'] });
    const c = windows.open('c');
    await Promise.all([b.has('member'), c.has('member')]);
    const repeated = b.group.leader.slow('repeated');
    const once = c.group.leader.slow('once');
    await a.slowCalls(2);
    const lost = assert.rejects(
      once,
      (error: unknown) => error instanceof LeaderLost && error.code === 'LEADER_LOST',
    );
    await a.group.dispose();
    await lost;
    const next = await Promise.race([b, c].map(window => window.has('leader').then(() => window)));
    await next.slowCalls(1);
    assert.equal(next.slow.length, 1);
    next.slow[0]?.('done');
    assert.equal(await repeated, 'repeated done');
  });

  it('tells every change of role', async () => {
    const { a, b } = await windows.two();
    const seen: string[] = [];
    b.group.onRoleChange((role, term) => seen.push(`${role} ${term}`));
    const term = a.group.term;
    await a.group.dispose();
    await b.has('leader');
    assert.deepEqual(seen, ['joining 0', `leader ${term + 1}`]);
  });

  it('keeps calls waiting until the leader is ready, and not for ever', async () => {
    const ready = Promise.withResolvers<never>();
    const options = { serve: () => ready.promise, timing: { settleWithin: 30 } };
    const a = windows.open('a', options);
    await a.has('leader');
    const b = windows.open('b', options);
    for (const { group } of [a, b]) {
      await assert.rejects(group.leader.add(1, 1), (error: unknown) => {
        assert.ok(error instanceof RemoteError);
        assert.equal(error.code, 'LEADER_UNAVAILABLE');
        assert.match(error.message, /30 ms .*still starting.*reload/);
        return true;
      });
    }
  });

  it('starts the leader again when starting it failed', async () => {
    let starts = 0;
    const a = windows.open('a', {
      serve: () => {
        if (++starts === 1) throw Object.assign(new Error('not now'), { code: 'E_FIRST' });
        return { add: (x: number, y: number) => x + y } as never;
      },
    });
    await a.log.line('could not be started', 'E_FIRST');
    assert.equal(await a.group.leader.add(1, 2), 3);
    assert.equal(starts, 2);
  });

  it('answers nobody any more after it has left', async () => {
    const { a, b } = await windows.two();
    const waiting = b.group.leader.slow('x');
    await a.slowCalls(1);
    const lost = assert.rejects(waiting, LeaderLost);
    await b.group.dispose();
    await lost;
    await b.group.dispose();
    await assert.rejects(b.group.leader.add(1, 1), GroupDisposed);
    await assert.rejects(b.group.broadcast.tell('x'), GroupDisposed);
    assert.equal(await a.group.leader.add(1, 1), 2);
  });

  it('can be left while it is still joining', async () => {
    const a = windows.open('a');
    const call = assert.rejects(a.group.leader.add(1, 1), GroupDisposed);
    await a.group.dispose();
    await call;
  });
}
