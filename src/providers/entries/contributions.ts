import { allowedIssuers, onlyAllowed } from './allowedIssuers.ts';
import { settle, type SettledProviders } from './contested.ts';
import { contributedProviders, type InstalledExtension } from './contributed.ts';
import type { ParsedProviders } from './parseProviders.ts';

/**
 * Merges the providers of the settings with what extensions contribute: providers, and lists of allowed issuers.
 *
 * @param agreedTerms returns the terms that the user agreed to for an ID.
 */
export function withContributions(
  own: ParsedProviders,
  extensions: readonly InstalledExtension[],
  agreedTerms: (id: string) => unknown,
): SettledProviders {
  const { lists, problems } = allowedIssuers(extensions);
  const contributed = onlyAllowed(lists, contributedProviders(extensions));
  const settled = settle(onlyAllowed(lists, own), contributed, agreedTerms);
  return { ...settled, problems: [...settled.problems, ...problems] };
}
