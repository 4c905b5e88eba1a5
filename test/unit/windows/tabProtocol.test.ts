import assert from 'node:assert/strict';
import { systemClock } from '../../../src/platform/clock.ts';
import { holdWhile } from '../../../src/windows/tabs/locks.ts';
import { openPost } from '../../../src/windows/tabs/post.ts';
import { groupSecret } from '../../../src/windows/tabs/secret.ts';
import { tabTransport } from '../../../src/windows/tabs/tabTransport.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { testWindows, type TestWindow } from '../../windows/groups.ts';
import { recordedLog } from '../../windows/surroundings.ts';
import { meetingBy } from '../../windows/tabs.ts';

/** Tabs of the extension, and others of the same group that say what the test wants. */
async function scriptedTabs() {
  const storage = memorySecretStorage();
  const [meeting, log] = [meetingBy(storage), recordedLog()];
  const windows = testWindows(tabTransport(meeting));
  const secret = await groupSecret(meeting.locks, storage, windows.directory, log);
  const endings: (() => Promise<void> | void)[] = [() => windows.end()];
  const hold = async (name: string): Promise<() => void> => {
    const over = new AbortController();
    await holdWhile(meeting.locks, name, over.signal);
    const release = (): void => over.abort();
    endings.unshift(release);
    return release;
  };
  return {
    windows,
    /** Becomes the holder of the leader's lock, when it is free. */
    takeLock: () => hold(secret.leaderLock),
    async open() {
      const heard: { from: string; text: string }[] = [];
      let taken = 0;
      const waiting = new Set<() => void>();
      const post = openPost({
        channel: meeting.openChannel(secret.channel),
        cipher: secret.cipher,
        clock: systemClock,
        log,
        received(from, text) {
          heard.push({ from, text });
          for (const look of waiting) look();
        },
      });
      await hold(secret.presenceLock(post.address));
      endings.unshift(() => post.close());
      /** The next message that begins so, with what came before it. */
      const hears = (start: string): Promise<{ from: string; text: string; before: string[] }> =>
        new Promise(resolve => {
          const look = (): void => {
            const at = heard.findIndex(({ text }, index) => index >= taken && text.startsWith(start));
            const found = heard[at];
            if (!found) return;
            waiting.delete(look);
            const before = heard.slice(taken, at).map(({ text }) => text);
            taken = at + 1;
            resolve({ ...found, before });
          };
          waiting.add(look);
          look();
        });
      return { say: (to: string, text: string) => post.send(to, text), hears };
    },
    async end() {
      for (const close of endings.splice(0)) await close();
    },
  };
}

const linkOf = ({ text }: { text: string }): string => text.split(' ')[1] ?? '';
const joinings = ({ log }: TestWindow): unknown[] =>
  log.lines
    .filter(({ event }) => event === 'This window asks another one')
    .map(({ fields }) => fields['term']);

describe('a tab of the group', () => {
  let tabs: Awaited<ReturnType<typeof scriptedTabs>>;
  beforeEach(async () => {
    tabs = await scriptedTabs();
  });
  afterEach(() => tabs.end());

  it('leads in a later term than any that it has heard of', async () => {
    const release = await tabs.takeLock();
    const [first, second] = [await tabs.open(), await tabs.open()];
    const a = tabs.windows.open('a');
    const { from } = await first.hears('who');
    first.say(from, 'here 99');
    await first.hears('join');
    second.say(from, 'here 3');
    await second.hears('join');
    release();
    await a.has('leader');
    assert.equal(a.group.term, 100);
  });

  it('asks a leader once, and again in its next term', async () => {
    await tabs.takeLock();
    const leader = await tabs.open();
    const a = tabs.windows.open('a');
    const { from } = await leader.hears('who');
    for (const term of [5, 5, 5, 6]) leader.say(from, `here ${term}`);
    const asked = await leader.hears('join');
    const again = await leader.hears('join');
    assert.deepEqual(again.before, [`end ${linkOf(asked)}`], 'the former one is over');
    leader.say(from, `welcome ${linkOf(again)}`);
    const member = a.has('member', 6).then(() => 'a member');
    const asksAgain = leader.hears('join').then(() => 'asking again');
    assert.equal(await Promise.race([member, asksAgain]), 'a member');
  });

  it('becomes a member by the link that it has asked for, once', async () => {
    await tabs.takeLock();
    const leader = await tabs.open();
    const a = tabs.windows.open('a');
    const { from } = await leader.hears('who');
    leader.say(from, 'here 5');
    await leader.hears('join');
    leader.say(from, 'welcome another');
    // What is said to it is heard in order.
    leader.say(from, 'here 6');
    const link = linkOf(await leader.hears('join'));
    for (let times = 0; times < 2; times++) leader.say(from, `welcome ${link}`);
    leader.say(from, 'here 7');
    await leader.hears('join');
    await a.log.line('This window asks another one');
    assert.deepEqual(joinings(a), [6]);
  });

  it('gives a leader up that does not take it, and asks everyone again', async () => {
    await tabs.takeLock();
    const leader = await tabs.open();
    const clock = manualClock();
    tabs.windows.open('a', { clock });
    const { from } = await leader.hears('who');
    leader.say(from, 'here 5');
    const link = linkOf(await leader.hears('join'));
    await clock.advance(3000);
    assert.deepEqual((await leader.hears('who')).before, [`end ${link}`]);
    leader.say(from, 'here 5');
    await leader.hears('join');
  });

  it('leaves its leader when it takes over itself', async () => {
    const release = await tabs.takeLock();
    const leader = await tabs.open();
    const a = tabs.windows.open('a');
    const { from } = await leader.hears('who');
    leader.say(from, 'here 5');
    const link = linkOf(await leader.hears('join'));
    leader.say(from, `welcome ${link}`);
    await a.has('member');
    release();
    assert.equal(linkOf(await leader.hears('end')), link);
    await a.has('leader', 6);
  });

  it('takes a link once while it leads, and none after it has given its lease up', async () => {
    const member = await tabs.open();
    const a = tabs.windows.open('a');
    await a.has('leader');
    const { from } = await member.hears('here');
    for (const link of ['one', 'one', 'two']) member.say(from, `join ${link}`);
    assert.deepEqual(
      [(await member.hears('welcome one')).before, (await member.hears('welcome two')).before],
      [[], []],
    );
    const taken = tabs.takeLock();
    a.leases[0]?.giveUp();
    await taken;
    await member.hears('end two');
    member.say(from, 'join three');
    assert.equal((await member.hears('end three')).text, 'end three');
  });
});
