import { joinWindowsBy, type WindowGroup, type WindowGroupOptions } from '../group.ts';
import { takePart } from './election.ts';

/** As {@link joinWindowsBy}, for processes of one computer: by a directory and sockets. */
export function joinWindows<OwnerFunctions extends object, WindowFunctions extends object>(
  options: WindowGroupOptions<OwnerFunctions, WindowFunctions>,
): WindowGroup<OwnerFunctions, WindowFunctions> {
  return joinWindowsBy(takePart, options);
}
