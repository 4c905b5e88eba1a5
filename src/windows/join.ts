import type { WindowGroup, WindowGroupOptions } from './group.ts';

/** `joinWindows` or `joinNobody`, for these functions. */
export type Join<OwnerFunctions extends object, WindowFunctions extends object> = (
  options: WindowGroupOptions<OwnerFunctions, WindowFunctions>,
) => WindowGroup<OwnerFunctions, WindowFunctions>;

/**
 * The way to meet other windows that this process has. Loaded when it is first needed: starting the extension
 * waits for no socket.
 */
export async function findWayToJoin(): Promise<
  <OwnerFunctions extends object, WindowFunctions extends object>(
    options: WindowGroupOptions<OwnerFunctions, WindowFunctions>,
  ) => WindowGroup<OwnerFunctions, WindowFunctions>
> {
  const isNode = typeof process === 'object' && typeof process.versions?.node === 'string';
  return isNode ? (await import('./sockets/join.ts')).joinWindows : (await import('./nobody.ts')).joinNobody;
}
