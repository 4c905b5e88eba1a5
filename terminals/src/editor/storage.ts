import type { Memory } from '../../../src/platform/storage.ts';
import { mostOutcomes, type Outcome } from '../consent/outcomes.ts';
import type { Permission } from '../consent/rules.ts';

const key = 'permissions';

/** What is allowed in this workspace, as it was stored. */
export function storedPermissions(memory: Memory): Permission[] {
  const stored = memory.get(key);
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

export const storePermissions = (memory: Memory, permissions: readonly Permission[]): void =>
  memory.set(key, permissions);

const outcomesKey = 'outcomes';

/** What became of requests in this workspace, as it was stored. */
export function storedOutcomes(memory: Memory): readonly Outcome[] {
  const stored = memory.get(outcomesKey);
  return Array.isArray(stored) ? stored.filter(isOutcome).slice(-mostOutcomes) : [];
}

function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== 'object' || value === null) return false;
  const { at, name, scopes } = value as Record<string, unknown>;
  return Number.isFinite(at) && typeof name === 'string' && Array.isArray(scopes);
}

export const storeOutcomes = (memory: Memory, outcomes: readonly Outcome[]): void =>
  memory.set(outcomesKey, outcomes);
