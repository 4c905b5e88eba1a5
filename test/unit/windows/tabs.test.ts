import assert from 'node:assert/strict';
import { systemClock } from '../../../src/platform/clock.ts';
import { LeaderLost, LeaderUnavailable } from '../../../src/windows/errors.ts';
import { holdWhile } from '../../../src/windows/tabs/locks.ts';
import { openPost } from '../../../src/windows/tabs/post.ts';
import { groupSecret } from '../../../src/windows/tabs/secret.ts';
import { tabTransport, type TabMeeting } from '../../../src/windows/tabs/tabTransport.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { behavesAsGroup } from '../../windows/behaviour.ts';
import { testWindows, type TestWindows } from '../../windows/groups.ts';
import { recordedLog } from '../../windows/surroundings.ts';
import { meetingBy, testTabs } from '../../windows/tabs.ts';

describe('tabs that meet by locks and a channel', () => {
  behavesAsGroup(() => testTabs());

  let tabs: TestWindows;
  const endings: TestWindows[] = [];
  const opened = (windows: TestWindows): TestWindows => {
    endings.push(windows);
    return windows;
  };
  beforeEach(() => {
    tabs = opened(testTabs());
  });
  afterEach(() => Promise.all(endings.splice(0).map(windows => windows.end())));

  it('find the next leader however many are open', async () => {
    const options = { idempotent: ['whoLeads' as const] };
    const open = ['a', 'b', 'c', 'd'].map(name => tabs.open(name, options));
    for (let left = open; left.length > 0;) {
      const answers = await Promise.all(left.map(tab => tab.group.leader.whoLeads()));
      assert.equal(new Set(answers.map(({ name }) => name)).size, 1);
      const leader = left.find(({ name }) => name === answers[0]?.name) ?? assert.fail();
      await leader.group.dispose();
      assert.equal(leader.leases[0]?.isCurrent(), false);
      left = left.filter(tab => tab !== leader);
    }
    assert.deepEqual(
      open.map(({ leases }) => leases.length),
      [1, 1, 1, 1],
    );
  });

  it('say that they do not lead to whoever asks them to', async () => {
    const storage = memorySecretStorage();
    const [meeting, log] = [meetingBy(storage), recordedLog()];
    const windows = opened(testWindows(tabTransport(meeting)));
    const { cipher, channel, leaderLock } = await groupSecret(meeting.locks, storage, windows.directory, log);
    const over = new AbortController();
    // Nobody else leads meanwhile.
    await holdWhile(meeting.locks, leaderLock, over.signal);
    const heard: string[] = [];
    const waiting = Promise.withResolvers<string>();
    const post = openPost({
      channel: meeting.openChannel(channel),
      cipher,
      clock: systemClock,
      log,
      received(from, text) {
        heard.push(text);
        const [kind, link = ''] = text.split(' ');
        if (kind === 'who') post.send(from, 'here 99');
        else if (kind === 'join') {
          post.send(from, `join ${link}-back`);
        } else waiting.resolve(text);
      },
    });
    windows.open('a');
    assert.match(await waiting.promise, /^end .+-back$/, heard.join());
    over.abort();
    await post.close();
  });

  it('of another secret storage are a group of their own', async () => {
    const others = opened(testTabs());
    const [a, b] = [tabs.open('a'), others.open('b')];
    await Promise.all([a.has('leader'), b.has('leader')]);
    assert.deepEqual(await a.group.broadcast.tell('x'), [{ value: 'a heard x' }]);
    assert.deepEqual(b.told, []);
  });

  it('work alone while the secret storage fails, and find each other when it works', async () => {
    const storage = memorySecretStorage();
    storage.fails = () => true;
    const failing = opened(testTabs(storage));
    const timing = { aloneRecheck: 20 };
    const [a, b] = [failing.open('a', { timing }), failing.open('b', { timing })];
    await Promise.all([a.has('alone'), b.has('alone')]);
    assert.equal(await a.group.leader.add(1, 2), 3);
    storage.fails = () => false;
    await Promise.race([a.has('member'), b.has('member')]);
    assert.deepEqual([a.group.role, b.group.role].sort(), ['leader', 'member']);
  });

  it('give the lease up at once when something else takes the lock', async () => {
    const meeting = meetingBy(memorySecretStorage());
    let lock = '';
    const locks: TabMeeting['locks'] = {
      request: ((name: string, ...rest: [LockOptions, LockGrantedCallback<unknown>]) => {
        if (name.includes('.leader.')) lock = name;
        return navigator.locks.request(name, ...rest);
      }) as LockManager['request'],
    };
    const robbed = opened(testWindows(tabTransport({ ...meeting, locks })));
    const a = robbed.open('a');
    await a.has('leader');
    const [lease = assert.fail()] = a.leases;
    const over = new Promise<void>(resolve => lease.lost.addEventListener('abort', () => resolve()));
    const release = Promise.withResolvers<void>();
    const thief = navigator.locks.request(lock, { steal: true }, () => release.promise);
    await over;
    assert.equal(lease.isCurrent(), false);
    await a.log.line('was taken away', 'stole');
    release.resolve();
    await thief;
    await a.has('leader', 2);
    assert.equal(a.leases.length, 2);
  });

  it('stay members of a leader that does not answer, whose calls end in time', async () => {
    const meeting = meetingBy(memorySecretStorage());
    let frozen = false;
    // A tab that the browser stopped: it hears nothing and says nothing, and keeps its locks.
    const stopped: TabMeeting = {
      ...meeting,
      openChannel(name) {
        const channel = new BroadcastChannel(name);
        return {
          set onmessage(listener: ((event: MessageEvent) => unknown) | null) {
            channel.onmessage = listener && (event => void (frozen || listener(event)));
          },
          get onmessage() {
            return null;
          },
          postMessage: message => frozen || channel.postMessage(message),
          close: () => channel.close(),
        };
      },
    };
    const timing = { unresponsiveAfter: 30, settleWithin: 60 };
    const leaders = opened(testWindows(tabTransport(stopped)));
    const a = leaders.open('a');
    await a.has('leader');
    const others = opened(testWindows(tabTransport(meeting)));
    const b = others.open('b', { timing, directory: leaders.directory, idempotent: ['add'] });
    await b.has('member');
    frozen = true;
    await assert.rejects(b.group.leader.whoLeads(), LeaderLost);
    await assert.rejects(b.group.leader.add(1, 1), LeaderUnavailable);
    assert.equal(b.leases.length, 0, 'it did not take the lease of somebody who may wake up');
    frozen = false;
    await b.has('member');
    assert.equal((await b.group.leader.whoLeads()).name, 'a');
  });
});
