import * as vscode from 'vscode';
import { Failure } from '../protocol/failure.ts';
import type { DefinitionProblem } from '../providers/definition.ts';
import type { SignInNeeded } from '../sessions/grant.ts';

export const isCancellation = (error: unknown): boolean => error instanceof vscode.CancellationError;

/** What to show for something that went wrong: our own words for failures, and for anything else no details. */
export function messageOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return 'Something unexpected went wrong. The log says where.';
}

/** A sign-in did not succeed. What can be done about it is offered as buttons. */
export async function showSignInFailure(
  label: string,
  error: unknown,
  actions: { retry(): void; showLog(): void; otherWays: (() => void) | undefined },
): Promise<void> {
  const retry = 'Try Again';
  const others = 'Other Ways';
  const log = 'Show Log';
  const chosen = await vscode.window.showErrorMessage(
    `Sign-in to ${label} failed. ${messageOf(error)}`,
    ...[retry, ...(actions.otherWays ? [others] : []), log],
  );
  if (chosen === others) actions.otherWays?.();
  if (chosen === retry) actions.retry();
  if (chosen === log) actions.showLog();
}

/** A sign-in that lasted has ended: the person is told once, and nothing opens by itself. */
export async function showSignInNeeded(
  label: string,
  account: string,
  { reason, accountRefused }: SignInNeeded,
  signIn: () => void,
): Promise<void> {
  const button = 'Sign In';
  const message = accountRefused ? reason : `${account} must sign in to ${label} again. ${reason}`;
  if ((await vscode.window.showWarningMessage(message, button)) === button) signIn();
}

/** The settings that are an object of entries. */
export type ProviderSetting = 'oidc.providers' | 'oidc.mcpServers';

/** Entries of `oidc.providers`, or of another setting of that form, that cannot be used. The others work. */
export async function showDefinitionProblems(
  problems: readonly DefinitionProblem[],
  openSettings: () => void,
  setting: ProviderSetting,
): Promise<void> {
  const button = 'Open Settings';
  const inWords = ({ providerId, field, reason }: DefinitionProblem): string => {
    const where = [providerId, field].filter(part => part !== undefined && part !== '').join(' → ');
    return where === '' ? reason : `“${where}”: ${reason}`;
  };
  const extensions = new Set(problems.map(({ extension }) => extension));
  for (const extension of extensions) {
    if (extension === undefined) continue;
    const its = problems.filter(problem => problem.extension === extension).map(inWords);
    void vscode.window.showWarningMessage(
      `The extension ${extension} brings an identity provider that is not used: ${its.join('; ')}.`,
    );
  }
  const list = problems.filter(({ extension }) => extension === undefined).map(inWords);
  if (list.length === 0) return;
  const others = setting === 'oidc.providers' ? 'providers' : 'servers';
  const message = `In the setting ${setting}, ${list.join('; ')}. Correct it there; other ${others} are not affected.`;
  if ((await vscode.window.showWarningMessage(message, button)) === button) openSettings();
}
