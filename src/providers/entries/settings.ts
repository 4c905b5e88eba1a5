import * as vscode from 'vscode';
import { isObject } from '../../protocol/http/json.ts';
import type { SettledProviders } from './contested.ts';
import type { InstalledExtension } from './contributed.ts';
import type { ProviderDefinition } from './definition.ts';
import { parseProviders, type ParsedProviders } from './parseProviders.ts';
import { withFromIssuers } from './terms.ts';

const section = 'oidc';
const key = 'providers';

export const changesProviders = (event: vscode.ConfigurationChangeEvent): boolean =>
  event.affectsConfiguration(`${section}.${key}`);

/**
 * Reads the providers from the user's own settings and from the manifests of installed extensions. A workspace can't
 * define one: the setting has application scope, and only its user value is read. The code for manifests and presets is
 * loaded where one is used.
 *
 * @param agreedTerms returns the terms that the user agreed to for an ID.
 * @param withOthers adds those that the user's other settings amount to.
 */
export async function readProviders(
  agreedTerms: (id: string) => unknown,
  withOthers: (own: ParsedProviders) => ParsedProviders = own => own,
): Promise<SettledProviders> {
  const contributions = contributors().length > 0 ? await import('./contributions.ts') : undefined;
  if (needsPresets()) await import('../presets/presets.ts');
  // From here on, nothing is awaited: an earlier call never returns older providers than a later one.
  const extensions = contributors();
  if (extensions.length > 0 && !contributions) return readProviders(agreedTerms, withOthers);
  const own = withOthers(parseProviders(userValue()));
  const settled = contributions?.withContributions(own, extensions, agreedTerms);
  const { providers, problems, contested } = settled ?? { ...own, contested: [] };
  return { providers: withFromIssuers(providers), problems, contested };
}

/** The installed extensions that contribute something to this one. */
export const contributors = (): InstalledExtension[] =>
  vscode.extensions.all.flatMap(({ id, packageJSON }) => {
    const manifest = packageJSON as unknown;
    const points = isObject(manifest) ? manifest['contributes'] : undefined;
    const isOne = isObject(points) && ('oidcProviders' in points || 'oidcAllowedIssuers' in points);
    return isOne ? [{ id, manifest }] : [];
  });

/** A preset and a profile are loaded together. */
function needsPresets(): boolean {
  const lists = contributors().map(({ manifest }) => (manifest as Manifest).contributes.oidcProviders);
  return [userValue(), ...lists].some(
    list =>
      isObject(list) &&
      Object.values(list).some(entry => isObject(entry) && ('preset' in entry || 'profile' in entry)),
  );
}

/** Of one of the {@link contributors}. */
interface Manifest {
  readonly contributes: { readonly oidcProviders?: unknown };
}

/** The entries of the user's settings, right or wrong. */
export function writtenProviders(): Readonly<Record<string, unknown>> {
  const current = userValue();
  return isObject(current) ? current : {};
}

/** Adds a provider to the user's settings, or replaces the one of the same id. */
export const writeProvider = (id: string, definition: ProviderDefinition): Promise<void> =>
  write({ ...writtenProviders(), [id]: definition });

/** Changes single fields of a provider in the user's settings. A value of undefined removes the field. */
export async function changeProvider(id: string, fields: Partial<ProviderDefinition>): Promise<void> {
  const written = writtenProviders()[id];
  if (typeof written !== 'object' || written === null) return;
  const changed = Object.entries({ ...written, ...fields }).filter(([, value]) => value !== undefined);
  await write({ ...writtenProviders(), [id]: Object.fromEntries(changed) });
}

export function removeProvider(id: string): Promise<void> {
  const { [id]: _, ...others } = writtenProviders();
  return write(others);
}

/** @throws Error if the setting is no object of entries: nothing that a user wrote is overwritten. */
async function write(entries: Readonly<Record<string, unknown>>): Promise<void> {
  const current = userValue() ?? undefined;
  if (current !== undefined && !isObject(current)) throw new Error('The setting is no object.');
  const value = Object.keys(entries).length > 0 ? entries : undefined;
  await vscode.workspace.getConfiguration(section).update(key, value, vscode.ConfigurationTarget.Global);
}

function userValue(): unknown {
  return vscode.workspace.getConfiguration(section).inspect<unknown>(key)?.globalValue;
}
