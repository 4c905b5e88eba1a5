import * as vscode from 'vscode';
import type { Provider } from '../providers/definition.ts';
import type { SignInStage } from '../signIn/signIn.ts';

const stages: Readonly<Record<SignInStage, string>> = {
  'asking-provider': 'Asking the provider how to sign in…',
  'opening-browser': 'Opening the browser…',
  'waiting-for-person': 'Sign in in the browser; this goes on by itself then.',
  'exchanging-code': 'Finishing the sign-in…',
};

/**
 * Shows a sign-in while it runs, with a button to cancel it.
 *
 * @throws vscode.CancellationError if the person cancelled; otherwise what `run` throws.
 */
export async function withSignInProgress<T>(
  provider: Provider,
  run: (progress: (stage: SignInStage) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: `Signing in to ${provider.label}`,
      cancellable: true,
    },
    async (progress, token) => {
      const cancel = new AbortController();
      const cancelled = token.onCancellationRequested(() => cancel.abort(new vscode.CancellationError()));
      try {
        return await run(stage => progress.report({ message: stages[stage] }), cancel.signal);
      } finally {
        cancelled.dispose();
      }
    },
  );
}
