import * as vscode from 'vscode';

/**
 * Asks the person something in a box of the editor, which closes as soon as the signal is aborted.
 *
 * @param signal undefined: only they close it.
 */
export async function untilTakenBack<T>(
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
