import type { Clock } from '../../../src/platform/clock.ts';
import { createGrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { shareGrants } from '../../../src/sessions/sharing/sharing.ts';
import { createMemories } from '../../../src/sessions/refresh/memories.ts';
import type { JoinWindows, Windows } from '../../../src/sessions/sharing/windowCalls.ts';
import { alone } from '../../../src/windows/alone.ts';
import { joinWindows } from '../../../src/windows/group.ts';
import { joinBySockets } from '../../../src/windows/sockets/joinBySockets.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { answerWith, everyGrantOf, hourOfTokens, quietWindow } from '../../standIns/quietWindow.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { temporaryDirectory } from '../../windows/surroundings.ts';
import { count, type Figure } from '../figures.ts';
import { someProvider } from '../../unit/sessions/someGrant.ts';
import { storedGrants } from './storedGrants.ts';

const part = 'An hour without use, with 10 grants';
const grants = 10;

/** A window whose wake-ups are counted. */
async function openWindow(time: Clock, directory: string, join: JoinWindows) {
  const counts = { refreshes: 0, wakeUps: 0 };
  const clock: Clock = {
    now: time.now,
    after: (milliseconds, run) =>
      time.after(milliseconds, () => {
        counts.wakeUps++;
        run();
      }),
  };
  const log = recordingLog();
  const storage = memorySecretStorage(storedGrants(grants).values);
  const cache = createGrantCache(createGrantStore({ storage, log, onSetAside: () => undefined }), clock, log);
  const joined = Promise.withResolvers<Windows>();
  const sharing = shareGrants({
    memories: createMemories(),
    cache,
    clock,
    log,
    ...quietWindow,
    directory,
    loadTransport: () =>
      Promise.resolve(options => {
        const group = join(options);
        joined.resolve(group);
        return group;
      }),
    providers: everyGrantOf(someProvider),
    server: {
      refresh(_provider, grant, beforeSending) {
        beforeSending();
        counts.refreshes++;
        return Promise.resolve(answerWith(hourOfTokens(time, grant.tokens.serial + 1)));
      },
      profile: () => Promise.resolve(undefined),
    },
  });
  const group = await joined.promise;
  while (group.role === 'joining') await settled();
  await cache.ofProvider('oidc');
  return { counts, close: () => sharing.dispose() };
}

/** Lets an hour pass in so many windows, the first of which leads, and counts what wakes each. */
async function idleHour(join: JoinWindows, amount: number) {
  const time = manualClock();
  const directory = temporaryDirectory();
  const windows: Awaited<ReturnType<typeof openWindow>>[] = [];
  try {
    for (let opened = 0; opened < amount; opened++)
      windows.push(await openWindow(time, directory.path, join));
    // The first seconds belong to the start: once, after 15 s, the leader looks for sign-outs that were kept.
    await time.advance(20_000);
    for (const { counts } of windows) counts.wakeUps = 0;
    await time.advance(3_600_000);
    return windows.map(({ counts }) => ({ ...counts }));
  } finally {
    for (const window of windows.reverse()) await window.close();
    directory.remove();
  }
}

export async function measureIdling(): Promise<Figure[]> {
  const [single] = await idleHour(options => joinWindows(alone, options), 1);
  const [leader, member] = await idleHour(joinBySockets, 2);
  if (!single || !leader || !member) throw new Error('A window is missing');
  return [
    count(part, 'refreshes, each grant once', leader.refreshes + member.refreshes, grants),
    count(part, 'wake-ups of a window that meets no other', single.wakeUps, grants),
    count(part, 'wake-ups of the leader, which listens for other windows', leader.wakeUps, grants + 2),
    count(part, 'wake-ups of each other window', member.wakeUps, 6),
  ];
}
