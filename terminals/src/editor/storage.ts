import type * as vscode from 'vscode';
import { mostOutcomes, type Outcome } from '../consent/outcomes.ts';
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

const outcomesKey = 'outcomes';

/** What became of requests in this workspace, as it was stored. */
export function storedOutcomes(storage: vscode.Memento): readonly Outcome[] {
  const stored = storage.get<unknown>(outcomesKey);
  return Array.isArray(stored) ? stored.filter(isOutcome).slice(-mostOutcomes) : [];
}

function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== 'object' || value === null) return false;
  const { at, name, scopes } = value as Record<string, unknown>;
  return Number.isFinite(at) && typeof name === 'string' && Array.isArray(scopes);
}

export const storeOutcomes = (storage: vscode.Memento, outcomes: readonly Outcome[]): Thenable<void> =>
  storage.update(outcomesKey, outcomes);
