import type { WindowGroup, WindowGroupOptions } from './group.ts';

/** `joinWindows` or `joinTabs`, for these functions. */
export type Join<OwnerFunctions extends object, WindowFunctions extends object> = (
  options: WindowGroupOptions<OwnerFunctions, WindowFunctions>,
) => WindowGroup<OwnerFunctions, WindowFunctions>;
