import type { SecretStorage } from '../../src/platform/storage.ts';
import { tabTransport, type TabMeeting } from '../../src/windows/tabs/tabTransport.ts';
import { memorySecretStorage } from '../standIns/memorySecretStorage.ts';
import { testWindows, type TestWindows } from './groups.ts';

/** What tabs meet by here: the locks and channels of this Node, which are those of the web standards. */
export const meetingBy = (storage: SecretStorage): TabMeeting => ({
  storage,
  locks: navigator.locks,
  openChannel: name => new BroadcastChannel(name),
});

/** Tabs that share a secret storage, unless a test says otherwise. */
export const testTabs = (storage: SecretStorage = memorySecretStorage()): TestWindows =>
  testWindows(tabTransport(meetingBy(storage)));
