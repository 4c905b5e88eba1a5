import assert from 'node:assert/strict';
import { join } from 'node:path';
import { testWindows } from './groups.ts';
import { windowProcesses, type Belief, type WindowProcess } from './processes.ts';

/**
 * No term has two leaders, and nobody who began to ask after a later leader had its yes was told yes. (`from`
 * is the end of the first check that said yes, `until` the start of the last.)
 */
function assertNeverTwoLeaders(beliefs: readonly Belief[]): void {
  assert.equal(new Set(beliefs.map(belief => belief.term)).size, beliefs.length, 'a term with two leaders');
  for (const earlier of beliefs) {
    for (const later of beliefs) {
      if (later.term <= earlier.term) continue;
      assert.ok(
        earlier.until < later.from,
        `process ${earlier.pid} took itself for the leader after ${later.pid} had become it`,
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

  /** The leader by its own word, confirmed by every process. */
  async function agreedLeader(processes: readonly WindowProcess[]): Promise<WindowProcess> {
    const answers = await Promise.all(processes.map(process => process.ask()));
    assert.equal(new Set(answers.map(answer => answer.pid)).size, 1);
    const leader = processes.find(process => process.pid === answers[0]?.pid);
    assert.ok(leader !== undefined);
    return leader;
  }

  it('elect one leader when eight start at the same instant', async () => {
    const processes = await started(8);
    for (const process of processes) process.join();
    const leader = await agreedLeader(processes);
    await Promise.all(processes.map(process => process.has(process === leader ? 'leader' : 'member')));
    const beliefs = windows.beliefs();
    assertNeverTwoLeaders(beliefs);
    assert.deepEqual(
      beliefs.map(belief => belief.pid),
      [leader.pid],
    );
  });

  it('have another leader soon after each of fifty was killed, and never two', async () => {
    const rounds = 50;
    const processes = await started(3);
    for (const process of processes) process.join();
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const leader = await agreedLeader(processes);
      processes.splice(processes.indexOf(leader), 1);
      const before = performance.now();
      const killed = leader.kill();
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
    assert.ok(beliefs.length >= rounds, `${beliefs.length} leases in ${rounds} rounds`);
    assertNeverTwoLeaders(beliefs);
    times.sort((a, b) => a - b);
    console.log(
      `      answered again after ${times[rounds / 2]?.toFixed(0)} ms (median), ${times.at(-1)?.toFixed(0)} ms (worst)`,
    );
    assert.ok((times.at(-1) ?? Infinity) < 10_000);
  });

  // Windows has no signal that stops a process.
  if (process.platform !== 'win32') {
    it('take over from a leader that is stopped, which knows it when it goes on', async () => {
      const [a, b, c, newcomer] = await started(4, 1000);
      assert.ok(a && b && c && newcomer);
      a.join();
      await a.has('leader');
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
      await a.has('member', answers[0]?.term);
      assert.deepEqual(await a.ask(), answers[0]);
      assertNeverTwoLeaders(windows.beliefs());
    });

    it('come back to a leader that dropped them, rather than take over', async () => {
      const inProcess = testWindows();
      const leader = inProcess.open('leader', {
        timing: { unresponsiveAfter: 20 },
        directory: join(inProcess.directory, 'w'),
      });
      await leader.has('leader');
      const member = await windows.start(3000, join(inProcess.directory, 'w'));
      member.join();
      const { term } = await member.ask();
      member.signal('SIGSTOP');
      const text = 'x'.repeat(1024 * 1024 - 1000);
      for (let i = 0; i < 10; i++) await leader.group.broadcast.tell(text);
      await leader.log.line('was dropped', 'does not read');
      member.signal('SIGCONT');
      assert.equal((await member.ask()).term, term);
      assert.equal(member.role(), 'member');
      assert.equal(leader.leases[0]?.isCurrent(), true);
      await inProcess.end();
    });

    it('never have two leaders while leaders are stopped and go on again and again', async () => {
      const processes = await started(3, 500);
      for (const process of processes) process.join();
      for (let round = 0; round < 5; round++) {
        const leader = await agreedLeader(processes);
        leader.signal('SIGSTOP');
        const others = processes.filter(process => process !== leader);
        await Promise.all(others.map(process => process.ask()));
        leader.signal('SIGCONT');
        await leader.ask();
      }
      const beliefs = windows.beliefs();
      assert.ok(beliefs.length > 5);
      assertNeverTwoLeaders(beliefs);
    });
  }
});
