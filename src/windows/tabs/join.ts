import type { SecretStorage } from '../../platform/secretStorage.ts';
import { joinWindowsBy, type WindowGroup, type WindowGroupOptions } from '../group.ts';
import { joinNobody } from '../nobody.ts';
import { takePartAmongTabs } from './election.ts';

/**
 * As {@link joinWindowsBy}, for tabs of a browser. Where the browser has no locks, which is so on a page that is
 * neither https nor on this computer, each tab works alone.
 */
export function joinTabs<OwnerFunctions extends object, WindowFunctions extends object>(
  storage: SecretStorage,
  options: WindowGroupOptions<OwnerFunctions, WindowFunctions>,
): WindowGroup<OwnerFunctions, WindowFunctions> {
  // Without a secure context the browser has neither locks nor cryptography.
  const { locks } = navigator as { locks?: LockManager };
  if (!locks || !isSecureContext) return joinNobody(options);
  const openChannel = (name: string): BroadcastChannel => new BroadcastChannel(name);
  return joinWindowsBy(takePartAmongTabs({ locks, storage, openChannel }), options);
}
