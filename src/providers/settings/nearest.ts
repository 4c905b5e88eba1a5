import type * as v from 'valibot';
import { l10n } from '../../platform/shown.ts';
import { problemOf, type DefinitionProblem } from './problems.ts';

/**
 * An entry in which each number that is out of range is the nearest one that is allowed. Not in a list, where each item
 * is chosen for itself: another port than the one that is registered does nothing.
 *
 * @param issues what the schema says of the entry.
 * @returns undefined if there is no such number.
 */
export function withNearest(
  providerId: string,
  entry: unknown,
  issues: readonly v.BaseIssue<unknown>[],
): { readonly entry: unknown; readonly adjusted: readonly DefinitionProblem[] } | undefined {
  const changed: unknown = structuredClone(entry);
  const adjusted = new Map<string, DefinitionProblem>();
  for (const issue of issues) {
    const path = issue.path ?? [];
    const place = placeIn(changed, path);
    const value = place && nearest(place.holder[place.key], issue);
    if (!place || value === undefined) continue;
    place.holder[place.key] = value;
    const { field, reason, ...problem } = problemOf(providerId, issue);
    adjusted.set(field ?? '', {
      ...problem,
      field,
      reason: l10n.t('{0}, so {1} is used', reason, value),
      isUsed: true,
    });
  }
  return adjusted.size > 0 ? { entry: changed, adjusted: [...adjusted.values()] } : undefined;
}

function placeIn(
  root: unknown,
  path: readonly v.IssuePathItem[],
): { readonly holder: Record<string, unknown>; readonly key: string } | undefined {
  const keys = path.map(({ key }) => key);
  const last = keys.pop();
  let holder = root;
  for (const key of keys) holder = (holder as Record<string, unknown> | undefined)?.[String(key)];
  const isObject = typeof holder === 'object' && holder !== null && !Array.isArray(holder);
  return isObject && typeof last === 'string'
    ? { holder: holder as Record<string, unknown>, key: last }
    : undefined;
}

function nearest(value: unknown, { type, requirement }: v.BaseIssue<unknown>): number | undefined {
  if (typeof value !== 'number') return undefined;
  if (type === 'integer') return Math.round(value);
  if (typeof requirement !== 'number') return undefined;
  if (type === 'min_value') return Math.max(value, requirement);
  return type === 'max_value' ? Math.min(value, requirement) : undefined;
}
