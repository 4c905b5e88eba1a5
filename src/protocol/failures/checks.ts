import type { Check } from './check.ts';
import { formChecks } from './formChecks.ts';
import { furtherChecks } from './furtherChecks.ts';
import { safetyChecks } from './safetyChecks.ts';

/**
 * Every check of every response. The code refers to the checks by name. Their descriptions are only for
 * docs/checks.md, not part of the extension.
 */
export const checks = { ...safetyChecks, ...formChecks, ...furtherChecks } as const satisfies Record<
  string,
  Check
>;

export type CheckId = keyof typeof checks;
