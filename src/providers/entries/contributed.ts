import { l10n } from '../../platform/shown.ts';
import { isObject } from '../../protocol/http/json.ts';
import type { ParsedProviders } from './parseProviders.ts';
import { firstProviderId, parseDefinition, type DefinitionProblem, type Provider } from './definition.ts';

/** An installed extension, as far as it matters here. */
export interface InstalledExtension {
  readonly id: string;
  readonly manifest: unknown;
}

/** IDs that the editor's own extensions provide. */
const reservedIds = new Set([
  firstProviderId,
  'github',
  'github-enterprise',
  'microsoft',
  'microsoft-sovereign-cloud',
]);

/**
 * Collects the providers that other extensions contribute without code in their `package.json`:
 * `contributes.oidcProviders`, an object keyed by provider ID as in the setting `oidc.providers`. An extension that
 * also declares the ID under `contributes.authentication` sets its label there. The packaging tool then requires an
 * (empty) `main`, the code that the declaration would activate.
 *
 * An invalid entry doesn't affect the others. An ID that several extensions contribute occurs several times, see
 * contested.ts.
 */
export function contributedProviders(extensions: readonly InstalledExtension[]): ParsedProviders {
  const providers: Provider[] = [];
  const problems: DefinitionProblem[] = [];
  for (const { id: extension, manifest } of [...extensions].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { entries, labels, problem } = contributionsOf(manifest);
    if (problem !== undefined)
      problems.push({ providerId: '', field: undefined, reason: problem, extension });
    for (const [providerId, definition] of entries) {
      const refuse = (reason: string, field?: string): void =>
        void problems.push({ providerId, field, reason, extension });
      const label = labels.get(providerId);
      if (reservedIds.has(providerId))
        refuse(l10n.t('has an ID that belongs to the editor or to this extension'));
      else {
        const isNamed = isObject(definition) && label !== undefined;
        const named = isNamed ? { ...definition, label } : definition;
        const parsed = parseDefinition(providerId, named, extension);
        if (parsed.ok) providers.push(parsed.provider);
        for (const problem of parsed.ok ? parsed.adjusted : parsed.problems)
          problems.push({ ...problem, extension });
      }
    }
  }
  return { providers, problems };
}

interface Contributions {
  readonly entries: readonly [string, unknown][];
  /** The labels that the extension declares, by id. */
  readonly labels: ReadonlyMap<string, string>;
  readonly problem?: string;
}

function contributionsOf(manifest: unknown): Contributions {
  const contributes = isObject(manifest) ? manifest['contributes'] : undefined;
  const point = isObject(contributes) ? contributes['oidcProviders'] : undefined;
  if (!isObject(contributes) || point === undefined) return { entries: [], labels: new Map() };
  const declared = contributes['authentication'];
  const labels = new Map<string, string>();
  for (const entry of Array.isArray(declared) ? declared.filter(isObject) : []) {
    const { id, label } = entry;
    if (typeof id === 'string' && typeof label === 'string' && label.trim() !== '') labels.set(id, label);
  }
  if (!isObject(point)) {
    const problem = l10n.t('"contributes.oidcProviders" must be an object keyed by provider ID');
    return { entries: [], labels, problem };
  }
  return { entries: Object.entries(point), labels };
}
