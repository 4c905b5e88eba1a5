import { l10n, shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { Provider } from '../../providers/entries/definition.ts';
import type { SignInControl } from '../../signIn/methods/context.ts';
import type { Plan } from '../../signIn/plan/planner.ts';
import { offer } from '../messages.ts';
import { chooseMethod } from './otherMethods.ts';
import { window } from '../show.ts';
import { registerCommand } from '../clicks.ts';

export const pasteCommand = 'oidc.pasteAddress';
export const copyRedirectCommand = 'oidc.copyRedirectUri';
export const otherMethodsCommand = 'oidc.otherWays';

/** A sign-in that is in progress in this window. */
export interface RunningSignIn {
  readonly id: string;
  readonly provider: Provider;
  readonly plan: Plan;
  readonly control: SignInControl;
  cancel(): void;
}

/** The sign-ins that are in progress in this window, by their IDs. */
export type RunningSignIns = Map<string, RunningSignIn>;

/** The one that a link names, otherwise the only one, otherwise the one the user picks. */
async function find(running: RunningSignIns, id: unknown): Promise<RunningSignIn | undefined> {
  const named = typeof id === 'string' ? running.get(id) : undefined;
  if (named || running.size <= 1) return named ?? [...running.values()][0];
  const items = [...running.values()].map(signIn => ({
    label: signIn.provider.label,
    description: shown(signIn.provider.id),
    signIn,
  }));
  return (await window.showQuickPick(items, { title: l10n.t('Which sign-in?') }))?.signIn;
}

const offerSignIn = (): Promise<void> =>
  offer('information', l10n.t('No sign-in is in progress in this window.'), {
    [l10n.t('Sign In')]: () => vscode.commands.executeCommand('oidc.signIn'),
  });

async function paste(running: RunningSignIns, id: unknown): Promise<void> {
  const signIn = await find(running, id);
  if (!signIn) return offerSignIn();
  let prompt = l10n.t('Paste the full URL from your browser’s address bar');
  for (;;) {
    const text = await window.showInputBox({
      title: l10n.t('Sign in to {0}', signIn.provider.label),
      prompt,
      placeHolder: shown('http://127.0.0.1/callback?code=…&state=…'),
      ignoreFocusOut: true,
      // It holds a code, which must not be readable on the screen.
      password: true,
    });
    const problem = text === undefined ? undefined : signIn.control.paste(text);
    if (problem === undefined) return;
    prompt = problem;
  }
}

/** Copies the redirect URI, which must be registered exactly. */
async function copyRedirect(running: RunningSignIns, id: unknown): Promise<void> {
  const { redirectUri } = (await find(running, id))?.control ?? {};
  if (redirectUri === undefined) return offerSignIn();
  await vscode.env.clipboard.writeText(redirectUri);
  void offer(
    'information',
    l10n.t('Copied {0}. Register it with the provider exactly as it is.', redirectUri),
    {},
  );
}

/** @param startAnother starts a sign-in with another method if none is in progress. */
export function registerRunningSignInCommands(
  running: RunningSignIns,
  startAnother: () => Promise<void>,
): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand(pasteCommand, (id?: unknown) => paste(running, id)),
    registerCommand(copyRedirectCommand, (id?: unknown) => copyRedirect(running, id)),
    registerCommand(otherMethodsCommand, async (id?: unknown, isSame?: unknown) => {
      const signIn = await find(running, id);
      if (!signIn) return startAnother();
      const { method: current } = signIn.control;
      const method = isSame === true ? current : await chooseMethod(signIn.provider, signIn.plan, current);
      if (method !== undefined) signIn.control.use(method);
    }),
  );
}
