import * as vscode from 'vscode';
import { parseProviders, type ConfiguredProviders } from './configured.ts';
import type { ProviderDefinition } from './definition.ts';

const section = 'oidc';
const key = 'providers';

/** True if a change of settings concerns the providers. */
export const changesProviders = (event: vscode.ConfigurationChangeEvent): boolean =>
  event.affectsConfiguration(`${section}.${key}`);

/**
 * Reads the providers from the user's own settings. A workspace cannot define one: the setting has application
 * scope, and only its user value is read.
 */
export function readProviders(): ConfiguredProviders {
  return parseProviders(userValue());
}

/** Adds a provider to the user's settings, or replaces the one of the same id. */
export async function writeProvider(id: string, definition: ProviderDefinition): Promise<void> {
  const current = userValue();
  const others = typeof current === 'object' && current !== null && !Array.isArray(current) ? current : {};
  await vscode.workspace
    .getConfiguration(section)
    .update(key, { ...others, [id]: definition }, vscode.ConfigurationTarget.Global);
}

function userValue(): unknown {
  return vscode.workspace.getConfiguration(section).inspect<unknown>(key)?.globalValue;
}
