import * as vscode from 'vscode';
import { isObject } from '../../protocol/http/json.ts';
import { StartFailure } from '../../protocol/failures/knownFailure.ts';
import { allowedIssuers, forbiddenBy, onlyAllowed } from './allowedIssuers.ts';
import { settle, type SettledProviders } from './contested.ts';
import { contributedProviders, contributionsOf, type InstalledExtension } from './contributed.ts';
import { parseProviders } from './parseProviders.ts';
import type { Provider, ProviderDefinition } from './definition.ts';

const section = 'oidc';
const key = 'providers';

export const changesProviders = (event: vscode.ConfigurationChangeEvent): boolean =>
  event.affectsConfiguration(`${section}.${key}`);

/**
 * Reads the providers from the user's own settings and from the manifests of installed extensions. A workspace can't
 * define one: the setting has application scope, and only its user value is read.
 *
 * @param agreedTerms returns the terms that the user agreed to for an ID.
 */
export function readProviders(agreedTerms: (id: string) => unknown): SettledProviders {
  const extensions = installedExtensions();
  const { lists, problems } = allowedIssuers(extensions);
  const own = onlyAllowed(lists, parseProviders(userValue()));
  const settled = settle(own, onlyAllowed(lists, contributedProviders(extensions)), agreedTerms);
  return { ...settled, problems: [...settled.problems, ...problems] };
}

/** Loads the presets if an entry that {@link readProviders} reads names one. */
export async function loadNamedPresets(): Promise<void> {
  const contributed = installedExtensions().map(({ manifest }) => contributionsOf(manifest).entries);
  const entries = [...Object.entries(writtenProviders()), ...contributed.flat()];
  const names = entries.some(([, entry]) => isObject(entry) && entry['preset'] !== undefined);
  if (names) await import('../presets/presets.ts');
}

/** @throws Failure `issuer-forbidden` if an installed extension doesn't allow a provider. */
export function checkAllowed(provider: Provider): void {
  const forbidden = forbiddenBy(allowedIssuers(installedExtensions()).lists, provider);
  if (forbidden) throw new StartFailure('issuer-forbidden', { ...forbidden });
}

const installedExtensions = (): InstalledExtension[] =>
  vscode.extensions.all.map(({ id, packageJSON }) => ({ id, manifest: packageJSON as unknown }));

const isEntries = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The entries of the user's settings, right or wrong. */
export function writtenProviders(): Readonly<Record<string, unknown>> {
  const current = userValue();
  return isEntries(current) ? current : {};
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
  if (current !== undefined && !isEntries(current)) throw new Error('The setting is no object.');
  const value = Object.keys(entries).length > 0 ? entries : undefined;
  await vscode.workspace.getConfiguration(section).update(key, value, vscode.ConfigurationTarget.Global);
}

function userValue(): unknown {
  return vscode.workspace.getConfiguration(section).inspect<unknown>(key)?.globalValue;
}
