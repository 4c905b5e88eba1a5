import * as vscode from 'vscode';
import type { Shown } from '../platform/shown.ts';
import { window } from './show.ts';

/** What runs while its progress is shown. */
export interface Running {
  /** Aborted with a `vscode.CancellationError` when the user cancels. */
  readonly signal: AbortSignal;
  report(message: Shown): void;
  cancel(): void;
}

/** Shows in a message that something runs, with a button to cancel it. */
export function withProgress<T>(title: Shown, run: (running: Running) => Promise<T>): Thenable<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return window.withProgress(options, async (progress, token) => {
    const abort = new AbortController();
    const cancel = (): void => abort.abort(new vscode.CancellationError());
    const listening = token.onCancellationRequested(cancel);
    try {
      return await run({
        signal: abort.signal,
        report: message => progress.report({ message }),
        cancel,
      });
    } finally {
      listening.dispose();
    }
  });
}

/**
 * Asks the user something in a box of the editor, which closes as soon as the signal is aborted.
 *
 * @param signal undefined: only the user closes it.
 */
export async function untilCanceled<T>(
  signal: AbortSignal | undefined,
  ask: (token: vscode.CancellationToken) => Thenable<T>,
): Promise<T> {
  const over = new vscode.CancellationTokenSource();
  const end = (): void => over.cancel();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', end);
  try {
    const answer = await ask(over.token);
    signal?.throwIfAborted();
    return answer;
  } finally {
    signal?.removeEventListener('abort', end);
    over.dispose();
  }
}
