import { l10n, shown, type Shown } from '../platform/shown.ts';
import * as vscode from 'vscode';
import { secondsNow, systemClock } from '../platform/clock.ts';
import { KnownFailure } from '../protocol/failures/knownFailure.ts';
import type { DefinitionProblem } from '../providers/entries/definition.ts';
import type { SetAside } from '../sessions/store/grantStore.ts';
import type { Repeating } from './repeating.ts';
import { window } from './show.ts';

export const isCancellation = (error: unknown): boolean => error instanceof vscode.CancellationError;

/** What to show for something that went wrong: our own words for failures, and for anything else no details. */
export function messageOf(error: unknown): Shown {
  if (error instanceof KnownFailure) return error.messageAt(secondsNow(systemClock));
  return l10n.t('Something went wrong. See the log for details.');
}

/** What the log says of something that went wrong. */
export const failureFields = (error: unknown): { failure: string; reason?: string } =>
  error instanceof KnownFailure
    ? { failure: error.code, reason: error.message }
    : { failure: error instanceof Error ? error.name : 'unknown' };

/** Shows a message with buttons, and does what the pressed one is for. */
export async function offer(
  severity: 'information' | 'warning' | 'error',
  message: Shown,
  buttons: Readonly<Record<string, () => unknown>>,
): Promise<void> {
  const { showInformationMessage, showWarningMessage, showErrorMessage } = window;
  const show = { information: showInformationMessage, warning: showWarningMessage, error: showErrorMessage };
  const pressed = await show[severity](message, ...Object.keys(buttons).map(text => shown(text)));
  await buttons[pressed ?? '']?.();
}

/** Where it is and what it is: `“empty → issuer”: is missing`. */
function problemInWords({ providerId, field, reason }: DefinitionProblem): string {
  const where = [providerId, field].filter(part => part !== undefined && part !== '').join(' → ');
  return where === '' ? reason : l10n.t('“{0}”: {1}', where, reason);
}

/** A list that goes on as a sentence: without a full stop, also where the last problem is told in several sentences. */
export const problemsInWords = (problems: readonly DefinitionProblem[]): string =>
  problems.map(problemInWords).join('; ').replace(/\.$/, '');

/** The settings that are an object of entries. */
type ProviderSetting = 'oidc.providers' | 'oidc.mcpServers';

/** Reports each problem once, however often settings and manifests are read, and again if it comes back. */
export function createProblemReporter(
  setting: ProviderSetting,
  repeating: Repeating,
): (problems: readonly DefinitionProblem[]) => void {
  let told = new Set<string>();
  return problems => {
    const fresh = problems.filter(problem => !told.has(JSON.stringify(problem)));
    told = new Set(problems.map(problem => JSON.stringify(problem)));
    if (fresh.length > 0) showDefinitionProblems(fresh, setting, repeating);
  };
}

/** Entries of a setting that cannot be used, and of other extensions' manifests. The others work. */
function showDefinitionProblems(
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

export const showExtension = (id: string): Thenable<unknown> =>
  vscode.commands.executeCommand('extension.open', id);

/** A stored sign-in cannot be used. */
export async function showSetAside({ why }: SetAside): Promise<void> {
  const message =
    why === 'newer'
      ? l10n.t(
          'A stored sign-in was written by a newer version of this extension. It’s kept but not used until you update the extension.',
        )
      : l10n.t('A stored sign-in is damaged and can’t be read. It’s kept but not used.');
  await offer('warning', message, {
    [l10n.t('Sign In')]: () => vscode.commands.executeCommand('oidc.signIn'),
  });
}
