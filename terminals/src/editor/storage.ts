import type * as vscode from 'vscode';
import type { Permission } from '../consent/rules.ts';

const key = 'permissions';

/** What is allowed in this workspace, as it was stored. */
export function storedPermissions(storage: vscode.Memento): Permission[] {
  const stored = storage.get<unknown>(key);
  return Array.isArray(stored) ? stored.filter(isPermission) : [];
}

/** "For this window" is never stored, so nothing that is has an end. */
function isPermission(value: unknown): value is Permission {
  if (typeof value !== 'object' || value === null) return false;
  const { key, accountKey, choice } = value as Record<string, unknown>;
  return (
    typeof key === 'string' &&
    typeof accountKey === 'string' &&
    (choice === 'workspace' || choice === 'never')
  );
}

export const storePermissions = (
  storage: vscode.Memento,
  permissions: readonly Permission[],
): Thenable<void> => storage.update(key, permissions);
