import type { SecretStorage } from '../../platform/storage.ts';
import { joinWindows, type WindowGroup, type WindowGroupOptions } from '../group.ts';
import { browserTransport } from './tabTransport.ts';

/** As {@link joinWindows}, for tabs of one browser. One file of the built extension, loaded after its start. */
export const joinByTabs =
  (storage: SecretStorage) =>
  <LeaderFunctions extends object, WindowFunctions extends object>(
    options: WindowGroupOptions<LeaderFunctions, WindowFunctions>,
  ): WindowGroup<LeaderFunctions, WindowFunctions> =>
    joinWindows(browserTransport(storage), options);
