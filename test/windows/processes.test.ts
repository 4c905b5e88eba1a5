import assert from 'node:assert/strict';
import { join } from 'node:path';
import { testWindows } from './groups.ts';
import { windowProcesses, type Belief, type WindowProcess } from './processes.ts';

/**
 * No generation has two owners, and nobody who began to ask after a later owner had its yes was told yes. (`from`
 * is the end of the first check that said yes, `until` the start of the last.)
 */
function assertNeverTwoOwners(beliefs: readonly Belief[]): void {
  assert.equal(
    new Set(beliefs.map(belief => belief.generation)).size,
    beliefs.length,
    'a generation with two owners',
  );
  for (const earlier of beliefs) {
    for (const later of beliefs) {
      if (later.generation <= earlier.generation) continue;
      assert.ok(
        earlier.until < later.from,
        `process ${earlier.pid} took itself for the owner after ${later.pid} had become it`,
      );
    }
  }
}

describe('windows in processes of their own', function () {
  this.timeout(180_000);
  let windows: ReturnType<typeof windowProcesses>;
  beforeEach(() => {
    windows = windowProcesses();
  });
  afterEach(() => windows.end());

  async function started(count: number, unresponsiveAfter = 3000): Promise<WindowProcess[]> {
    const processes: WindowProcess[] = [];
    for (let i = 0; i < count; i++) processes.push(await windows.start(unresponsiveAfter));
    return processes;
  }

  /** The owner by its own word, confirmed by every process. */
  async function agreedOwner(processes: readonly WindowProcess[]): Promise<WindowProcess> {
    const answers = await Promise.all(processes.map(process => process.ask()));
    assert.equal(new Set(answers.map(answer => answer.pid)).size, 1);
    const owner = processes.find(process => process.pid === answers[0]?.pid);
    assert.ok(owner !== undefined);
    return owner;
  }

  it('elect one owner when eight start at the same instant', async () => {
    const processes = await started(8);
    for (const process of processes) process.join();
    const owner = await agreedOwner(processes);
    await Promise.all(processes.map(process => process.has(process === owner ? 'owner' : 'member')));
    const beliefs = windows.beliefs();
    assertNeverTwoOwners(beliefs);
    assert.deepEqual(
      beliefs.map(belief => belief.pid),
      [owner.pid],
    );
  });

  it('have another owner soon after each of fifty was killed, and never two', async () => {
    const rounds = 50;
    const processes = await started(3);
    for (const process of processes) process.join();
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const owner = await agreedOwner(processes);
      processes.splice(processes.indexOf(owner), 1);
      const before = performance.now();
      const killed = owner.kill();
      const answers = await Promise.all(
        processes.map(process => process.ask().then(() => performance.now() - before)),
      );
      times.push(Math.max(...answers));
      await killed;
      const newcomer = await windows.start(3000);
      newcomer.join();
      processes.push(newcomer);
    }
    const beliefs = windows.beliefs();
    assert.ok(beliefs.length >= rounds, `${beliefs.length} ownerships in ${rounds} rounds`);
    assertNeverTwoOwners(beliefs);
    times.sort((a, b) => a - b);
    console.log(
      `      answered again after ${times[rounds / 2]?.toFixed(0)} ms (median), ${times.at(-1)?.toFixed(0)} ms (worst)`,
    );
    assert.ok((times.at(-1) ?? Infinity) < 10_000);
  });

  // Windows has no signal that stops a process.
  if (process.platform !== 'win32') {
    it('take over from an owner that is stopped, which knows it when it goes on', async () => {
      const [a, b, c, newcomer] = await started(4, 1000);
      assert.ok(a && b && c && newcomer);
      a.join();
      await a.has('owner');
      for (const member of [b, c]) member.join();
      await Promise.all([b.has('member'), c.has('member')]);
      a.signal('SIGSTOP');
      const before = performance.now();
      newcomer.join();
      const answers = await Promise.all([b, c, newcomer].map(process => process.ask()));
      console.log(`      answered again after ${(performance.now() - before).toFixed(0)} ms`);
      assert.equal(new Set(answers.map(answer => answer.pid)).size, 1);
      assert.notEqual(answers[0]?.pid, a.pid);
      a.signal('SIGCONT');
      // It is told by its members leaving, without being asked.
      await a.has('member', answers[0]?.generation);
      assert.deepEqual(await a.ask(), answers[0]);
      assertNeverTwoOwners(windows.beliefs());
    });

    it('come back to an owner that dropped them, rather than take over', async () => {
      const inProcess = testWindows();
      const owner = inProcess.open('owner', {
        timing: { unresponsiveAfter: 20 },
        directory: join(inProcess.directory, 'w'),
      });
      await owner.has('owner');
      const member = await windows.start(3000, join(inProcess.directory, 'w'));
      member.join();
      const { generation } = await member.ask();
      member.signal('SIGSTOP');
      const text = 'x'.repeat(1024 * 1024 - 1000);
      for (let i = 0; i < 10; i++) await owner.group.broadcast.tell(text);
      await owner.log.line('was dropped', 'does not read');
      member.signal('SIGCONT');
      assert.equal((await member.ask()).generation, generation);
      assert.equal(member.role(), 'member');
      assert.equal(owner.ownerships[0]?.isCurrent(), true);
      await inProcess.end();
    });

    it('never have two owners while owners are stopped and go on again and again', async () => {
      const processes = await started(3, 500);
      for (const process of processes) process.join();
      for (let round = 0; round < 5; round++) {
        const owner = await agreedOwner(processes);
        owner.signal('SIGSTOP');
        const others = processes.filter(process => process !== owner);
        await Promise.all(others.map(process => process.ask()));
        owner.signal('SIGCONT');
        await owner.ask();
      }
      const beliefs = windows.beliefs();
      assert.ok(beliefs.length > 5);
      assertNeverTwoOwners(beliefs);
    });
  }
});
