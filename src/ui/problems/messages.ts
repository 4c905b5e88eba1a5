import * as vscode from 'vscode';
import { l10n } from '../../platform/shown.ts';
import type { DefinitionProblem } from '../../providers/entries/definition.ts';
import { showExtension } from '../messages.ts';
import type { Repeating } from './repeating.ts';

/** Where it is and what it is: `“empty → issuer”: is missing`. */
function problemInWords({ providerId, field, reason }: DefinitionProblem): string {
  const where = [providerId, field].filter(part => part !== undefined && part !== '').join(' → ');
  return where === '' ? reason : l10n.t('“{0}”: {1}', where, reason);
}

/** Lists problems for the middle of a sentence. */
export const problemsInWords = (problems: readonly DefinitionProblem[]): string =>
  problems.map(problemInWords).join('; ');

/** The settings that are an object of entries. */
export type ProviderSetting = 'oidc.providers' | 'oidc.mcpServers';

/** Shows which entries of a setting, or of other extensions' manifests, can't be used. The others work. */
export function showDefinitionProblems(
  problems: readonly DefinitionProblem[],
  setting: ProviderSetting,
  repeating: Repeating,
): void {
  for (const [extension, its] of Map.groupBy(problems, problem => problem.extension)) {
    const list = problemsInWords(its);
    if (extension === undefined) void showSettingsProblems(list, setting, repeating);
    else
      void showExtensionProblems(
        extension,
        list,
        its.every(({ isUsed }) => isUsed),
        repeating,
      );
  }
}

async function showSettingsProblems(
  list: string,
  setting: ProviderSetting,
  repeating: Repeating,
): Promise<void> {
  const button = l10n.t('Open Settings');
  const message =
    setting === 'oidc.providers'
      ? l10n.t('The setting oidc.providers has errors: {0}. Other providers still work.', list)
      : l10n.t('The setting oidc.mcpServers has errors: {0}. Other servers still work.', list);
  if ((await repeating.warn(message, button)) === button)
    await vscode.commands.executeCommand('workbench.action.openSettings', setting);
}

async function showExtensionProblems(
  extension: string,
  list: string,
  isUsed: boolean,
  repeating: Repeating,
): Promise<void> {
  const button = l10n.t('Show Extension');
  const message = isUsed
    ? l10n.t(
        'The extension {0} adds an identity provider with values that are out of range: {1}. Update the extension, or contact its authors.',
        extension,
        list,
      )
    : l10n.t(
        'The extension {0} adds an identity provider that isn’t used: {1}. Update the extension, or contact its authors.',
        extension,
        list,
      );
  if ((await repeating.warn(message, button)) === button) await showExtension(extension);
}
