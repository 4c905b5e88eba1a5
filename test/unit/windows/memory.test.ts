import assert from 'node:assert/strict';
import { manualClock } from '../../standIns/manualClock.ts';
import { memoryNetwork, type Life } from '../../standIns/memoryTransport.ts';
import { behavesAsGroup } from '../../windows/behaviour.ts';
import { testWindows, type TestWindows } from '../../windows/groups.ts';

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

describe('windows that meet in memory', () => {
  behavesAsGroup(() => meetInMemory().windows);

  let ending: TestWindows | undefined;
  const opened = () => {
    const meeting = meetInMemory();
    ending = meeting.windows;
    return meeting;
  };
  afterEach(() => ending?.end());

  it('leave a leader that is taken for dead, which finds out and becomes a member', async () => {
    const { windows, network, lives } = opened();
    const { a, b } = await windows.two();
    network.supersede();
    await Promise.all([a.has('member', 2), b.has('leader', 2)]);
    assert.equal(a.leases[0]?.lost.aborted, true);
    assert.deepEqual(
      lives.map(({ superseded }) => superseded),
      [true, undefined],
    );
    assert.equal(b.leases[0]?.formerMayLive(), true);
  });

  it('do not take over when they are dead', async () => {
    const { windows, network, lives } = opened();
    const clock = manualClock();
    const a = windows.open('a');
    await a.has('leader');
    const b = windows.open('b', { clock });
    await b.has('member');
    const [, dead = assert.fail()] = lives;
    b.group.leader.slow('x').catch(() => undefined);
    await a.slowCalls(1);
    dead.alive = false;
    network.noticeDeaths();
    // It hears no answer any more.
    await clock.advance(10_000);
    assert.equal(b.group.role, 'joining');
    for (let left = 50; left > 0; left--) await turn();
    assert.equal(a.leases[0]?.isCurrent(), true);
    assert.equal(a.group.role, 'leader');
  });

  it('take over from one that is taken for dead if they live themselves', async () => {
    const { windows, network, lives } = opened();
    const { a } = await windows.two();
    const c = windows.open('c');
    await c.has('member');
    const [, dead = assert.fail()] = lives;
    dead.alive = false;
    network.noticeDeaths();
    network.supersede();
    await Promise.all([a.has('member', 2), c.has('leader', 2)]);
  });
});

/** The lives are those of the windows, in the order in which they are opened. */
function meetInMemory() {
  const network = memoryNetwork(turn);
  const lives: Life[] = [];
  const windows = testWindows({
    turns(surroundings) {
      const life: Life = { alive: true };
      lives.push(life);
      return network.transport(life).turns(surroundings);
    },
    canMeet: () => Promise.resolve(true),
  });
  return { network, lives, windows };
}
