import * as vscode from 'vscode';
import type { Provider } from '../providers/definition.ts';
import type { SignInStage } from '../signIn/context.ts';
import { otherWaysCommand, pasteCommand } from './runningSignIns.ts';

const stages: Readonly<Record<SignInStage, string>> = {
  'asking-provider': 'Asking the provider how to sign in…',
  'opening-browser': 'Opening the browser…',
  'waiting-for-person': 'Sign in in the browser; this goes on by itself then.',
  'waiting-for-paste':
    'Sign in in the browser. It ends on a page that may not open: copy its whole address, and paste it here.',
  'waiting-for-code': 'Enter the code in a browser; this goes on by itself then.',
  'asking-for-token': 'Asking for a token…',
  'exchanging-code': 'Finishing the sign-in…',
};

/** What a person can do in a stage, as links in the message; the same are commands of the palette. */
function links(stage: SignInStage, signInId: string): string {
  const link = (text: string, command: string): string =>
    `[${text}](command:${command}?${encodeURIComponent(JSON.stringify([signInId]))})`;
  const paste = link('Paste the Address', pasteCommand);
  const others = link('Other Ways', otherWaysCommand);
  switch (stage) {
    case 'waiting-for-person':
    case 'waiting-for-paste':
      return ` ${paste} · ${others}`;
    case 'waiting-for-code':
      return ` ${others}`;
    default:
      return '';
  }
}

/**
 * Shows a sign-in while it runs, with a button to cancel it.
 *
 * @param ended ends it from outside, with its reason.
 * @throws vscode.CancellationError if the person cancelled; otherwise what `run` throws.
 */
export async function withSignInProgress<T>(
  provider: Provider,
  signInId: string,
  run: (running: {
    readonly signal: AbortSignal;
    progress(stage: SignInStage): void;
    cancel(): void;
  }) => Promise<T>,
  ended: AbortSignal,
): Promise<T> {
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: `Signing in to ${provider.label}`,
      cancellable: true,
    },
    async (progress, token) => {
      const abort = new AbortController();
      const cancel = (): void => abort.abort(new vscode.CancellationError());
      const cancelled = token.onCancellationRequested(cancel);
      try {
        return await run({
          signal: AbortSignal.any([abort.signal, ended]),
          progress: stage => progress.report({ message: `${stages[stage]}${links(stage, signInId)}` }),
          cancel,
        });
      } finally {
        cancelled.dispose();
      }
    },
  );
}
