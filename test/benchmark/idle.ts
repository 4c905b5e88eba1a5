import type { Clock } from '../../src/platform/clock.ts';
import { createGrantCache } from '../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../src/sessions/store/grantStore.ts';
import { shareGrants } from '../../src/sessions/sharing/sharing.ts';
import type { Windows } from '../../src/sessions/sharing/windowCalls.ts';
import { alone } from '../../src/windows/alone.ts';
import { joinWindows } from '../../src/windows/group.ts';
import { joinBySockets } from '../../src/windows/sockets/joinBySockets.ts';
import { manualClock, settled } from '../standIns/manualClock.ts';
import { memorySecretStorage } from '../standIns/memorySecretStorage.ts';
import { answerWith, everyGrantOf, hourOfTokens, quietWindow } from '../standIns/quietWindow.ts';
import { recordingLog } from '../standIns/recordingLog.ts';
import { temporaryDirectory } from '../windows/surroundings.ts';
import { count, type Figure } from './figures.ts';
import { someProvider } from '../unit/sessions/someGrant.ts';
import { storedGrants } from './storedGrants.ts';

const part = 'An hour in which nobody does anything, with 10 grants';
const grants = 10;

/** Lets an hour pass in a window, and counts what wakes it up. */
async function idleHour(join: 'sockets' | 'nobody'): Promise<{ refreshes: number; wakeUps: number }> {
  const time = manualClock();
  let wakeUps = 0;
  const clock: Clock = {
    now: time.now,
    after: (milliseconds, run) =>
      time.after(milliseconds, () => {
        wakeUps++;
        run();
      }),
  };
  const directory = temporaryDirectory();
  const log = recordingLog();
  const storage = memorySecretStorage(storedGrants(grants).values);
  const cache = createGrantCache(createGrantStore({ storage, log, onSetAside: () => undefined }), clock, log);
  const joined = Promise.withResolvers<Windows>();
  let refreshes = 0;
  const sharing = shareGrants({
    cache,
    clock,
    log,
    ...quietWindow,
    directory: directory.path,
    findWayToJoin: () =>
      Promise.resolve(options => {
        const group = join === 'sockets' ? joinBySockets(options) : joinWindows(alone, options);
        joined.resolve(group);
        return group;
      }),
    providers: everyGrantOf(someProvider),
    server: {
      refresh(_provider, grant, beforeSending) {
        beforeSending();
        refreshes++;
        return Promise.resolve(answerWith(hourOfTokens(time, grant.tokens.serial + 1)));
      },
      profile: () => Promise.resolve(undefined),
    },
  });
  try {
    const group = await joined.promise;
    while (group.role !== 'leader' && group.role !== 'alone') await settled();
    await cache.ofProvider('oidc');
    // The first seconds belong to the start.
    await time.advance(10_000);
    wakeUps = 0;
    await time.advance(3_600_000);
    return { refreshes, wakeUps };
  } finally {
    await sharing.dispose();
    directory.remove();
  }
}

export async function measureIdling(): Promise<Figure[]> {
  const alone = await idleHour('nobody');
  const leader = await idleHour('sockets');
  return [
    count(part, 'refreshes, each grant once', leader.refreshes, grants),
    count(part, 'wake-ups of a window that meets no other', alone.wakeUps, grants),
    {
      ...count(part, 'wake-ups of the leader, which listens for other windows', leader.wakeUps, grants),
      aim: { of: 'max', most: grants },
    },
  ];
}
