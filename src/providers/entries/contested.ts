import { l10n, type Shown } from '../../platform/shown.ts';
import type { DefinitionProblem, Provider } from './definition.ts';
import type { ParsedProviders } from './parseProviders.ts';
import { sourceOf } from './terms.ts';

/** A provider ID claimed more than once: by the settings and an extension, or by several extensions. */
export interface ContestedId {
  readonly id: string;
  readonly candidates: readonly Provider[];
  /** The provider that the user agreed to. If undefined, none is used until the user chooses one. */
  readonly used: Provider | undefined;
}

/** The providers that are used, and the ids that several bring. */
export interface SettledProviders extends ParsedProviders {
  readonly contested: readonly ContestedId[];
}

/**
 * Merges the providers of the settings and of extensions. An ID stays with the provider that the user agreed to: a
 * later claimant, whatever its name, gets nothing of its sign-ins.
 *
 * @param agreedTerms returns the terms that the user agreed to for an ID.
 */
export function settle(
  own: ParsedProviders,
  contributed: ParsedProviders,
  agreedTerms: (id: string) => unknown,
): SettledProviders {
  const all = Map.groupBy([...own.providers, ...contributed.providers], ({ id }) => id);
  const providers: Provider[] = [];
  const problems: DefinitionProblem[] = [...own.problems, ...contributed.problems];
  const contested: ContestedId[] = [];
  for (const [id, candidates] of all) {
    if (candidates.length === 1) {
      providers.push(...candidates);
      continue;
    }
    const source = sourceOf(agreedTerms(id));
    const used = source && candidates.find(({ contributedBy }) => contributedBy === source.contributedBy);
    contested.push({ id, candidates, used });
    if (!used) continue;
    providers.push(used);
    for (const { contributedBy: extension } of candidates) {
      if (extension === used.contributedBy) continue;
      problems.push({ providerId: id, field: undefined, reason: belongsElsewhere(used), extension });
    }
  }
  return { providers, problems, contested };
}

const belongsElsewhere = ({ contributedBy }: Provider): Shown =>
  contributedBy === undefined
    ? l10n.t('has the ID of a provider in your settings, which you agreed to')
    : l10n.t('has the ID of a provider from the extension {0}, which you agreed to', contributedBy);
