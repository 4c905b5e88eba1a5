import type { SecretStorage } from '../../src/platform/secretStorage.ts';
import { joinWindowsBy } from '../../src/windows/group.ts';
import { takePartAmongTabs, type TabMeeting } from '../../src/windows/tabs/election.ts';
import { memorySecretStorage } from '../standIns/memorySecretStorage.ts';
import { testWindows, type Group, type Options, type TestWindows } from './groups.ts';

/** What tabs meet by here: the locks and channels of this Node, which are those of the web standards. */
export const meetingBy = (storage: SecretStorage): TabMeeting => ({
  storage,
  locks: navigator.locks,
  openChannel: name => new BroadcastChannel(name),
});

export const joinTab =
  (meeting: TabMeeting) =>
  (options: Options): Group =>
    joinWindowsBy(takePartAmongTabs(meeting), options);

/** Tabs that share a secret storage, unless a test says otherwise. */
export const testTabs = (storage: SecretStorage = memorySecretStorage()): TestWindows =>
  testWindows(joinTab(meetingBy(storage)));
