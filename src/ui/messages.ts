import { l10n, shown, type Shown } from '../platform/shown.ts';
import * as vscode from 'vscode';
import { secondsNow, systemClock } from '../platform/clock.ts';
import { KnownFailure } from '../protocol/failures/knownFailure.ts';
import type { SetAside } from '../sessions/store/grantStore.ts';
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

export const showExtension = (id: string): Thenable<unknown> =>
  vscode.commands.executeCommand('extension.open', id);

/** Reports that a stored sign-in can't be used. */
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
