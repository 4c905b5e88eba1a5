import * as vscode from 'vscode';

/** What runs while its progress is shown. */
export interface Running {
  /** Aborted with a `vscode.CancellationError` when the person cancels. */
  readonly signal: AbortSignal;
  report(message: string): void;
  cancel(): void;
}

/** Shows in a message that something runs, with a button to cancel it. */
export function withProgress<T>(title: string, run: (running: Running) => Promise<T>): Thenable<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
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
