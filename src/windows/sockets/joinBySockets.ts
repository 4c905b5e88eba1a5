import { joinWindows, type WindowGroup, type WindowGroupOptions } from '../group.ts';
import { socketTransport } from './socketTransport.ts';

/** As {@link joinWindows}, for processes of one computer. One file of the built extension, loaded after its start. */
export const joinBySockets = <LeaderFunctions extends object, WindowFunctions extends object>(
  options: WindowGroupOptions<LeaderFunctions, WindowFunctions>,
): WindowGroup<LeaderFunctions, WindowFunctions> => joinWindows(socketTransport, options);
