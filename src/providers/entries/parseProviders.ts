import { l10n } from '../../platform/shown.ts';
import { parseDefinition, type DefinitionProblem, type Provider } from './definition.ts';

/** What the setting `oidc.providers` says: the providers that can be used, and what is wrong with the rest. */
export interface ParsedProviders {
  readonly providers: readonly Provider[];
  readonly problems: readonly DefinitionProblem[];
}

/** Parses each entry independently: an invalid one doesn't affect the others. */
export function parseProviders(value: unknown): ParsedProviders {
  if (value === undefined) return { providers: [], problems: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const reason = l10n.t('must be an object keyed by provider ID');
    return { providers: [], problems: [{ providerId: '', field: undefined, reason }] };
  }
  const parsed = Object.entries(value).map(([id, definition]) => parseDefinition(id, definition));
  return {
    providers: parsed.flatMap(entry => (entry.ok ? [entry.provider] : [])),
    problems: parsed.flatMap(entry => (entry.ok ? entry.adjusted : entry.problems)),
  };
}
