import { joinWindowsBy, type WindowGroup, type WindowGroupOptions } from './group.ts';
import { sit, type TakePart } from './part.ts';
import { takeSeat } from './seat.ts';

/** A group of one: this window is its own owner. */
const takePartAlone: TakePart = async options => {
  options.log.warn('This window cannot share with others here and works alone');
  const seat = await takeSeat(options, undefined);
  if (seat) await sit(options, seat);
};

/** As {@link joinWindowsBy}, for where windows have nothing to meet by. */
export function joinNobody<OwnerFunctions extends object, WindowFunctions extends object>(
  options: WindowGroupOptions<OwnerFunctions, WindowFunctions>,
): WindowGroup<OwnerFunctions, WindowFunctions> {
  return joinWindowsBy(takePartAlone, options);
}
