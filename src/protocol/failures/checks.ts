import type { Check } from './check.ts';
import { formChecks } from './formChecks.ts';
import { furtherChecks } from './furtherChecks.ts';
import { safetyChecks } from './safetyChecks.ts';

/**
 * Every check of every answer. The code names the checks; what is said of them here is for docs/checks.md alone, and no
 * part of the extension.
 */
export const checks = { ...safetyChecks, ...formChecks, ...furtherChecks } as const satisfies Record<
  string,
  Check
>;

export type CheckId = keyof typeof checks;
