import * as vscode from 'vscode';
import { filled, l10n } from '../../platform/shown.ts';
import { KnownFailure } from '../../protocol/failures/knownFailure.ts';
import { helpButtons, type HelpButton } from '../../protocol/failures/text.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { credentialKinds } from '../../signIn/client/clientSecrets.ts';
import { messageOf, offer } from '../messages.ts';

/** What can be done about a sign-in that didn't succeed. */
export interface SignInHelp {
  retry(): void;
  showLog(): void;
  /** Signs in to the provider whose sign-in is used, then tries again. Undefined if there is none. */
  readonly signInToSource?: (() => void) | undefined;
  /** Sets `dpop` for the provider, then tries again. Undefined if its settings can't be changed here. */
  readonly useProofs?: (() => void) | undefined;
  /** Undefined if there are none. */
  readonly otherMethods: (() => void) | undefined;
}

/** True if the failure can be due to the credentials that the user entered for the client. */
const isAboutSecret = (error: unknown, provider: Parameters<typeof credentialKinds>[0]): boolean =>
  credentialKinds(provider).length > 0 && error instanceof KnownFailure && secretFailures.has(error.code);

const secretFailures: ReadonlySet<string> = new Set([
  'client-refused',
  'client-key-refused',
  'certificate-refused',
  'certificate-unusable',
  'certificate-mismatch',
]);

/** Offers what can be done about a failed sign-in as buttons, the most helpful first. */
export async function showSignInFailure(
  provider: Pick<Provider, 'id' | 'label' | 'clientAuthentication' | 'certificateBoundTokens'>,
  error: unknown,
  help: SignInHelp,
): Promise<void> {
  const { id, label } = provider;
  const does: Readonly<Record<HelpButton, (() => unknown) | undefined>> = {
    none: undefined,
    'try-again': () => help.retry(),
    'other-ways': help.otherMethods,
    settings: () => vscode.commands.executeCommand('oidc.editProvider', id),
    diagnose: () => vscode.commands.executeCommand('oidc.diagnoseProvider', id),
    dpop: help.useProofs,
    keys: () => vscode.commands.executeCommand('oidc.showPublicKeys', id),
    source: help.signInToSource,
    proxy: () => vscode.commands.executeCommand('workbench.action.openSettings', 'http.proxy'),
  };
  const best = error instanceof KnownFailure ? error.button : 'try-again';
  const offered: readonly HelpButton[] =
    best === 'none' ? [] : best === 'try-again' ? [best, 'other-ways'] : [best, 'try-again'];
  const buttons: Record<string, () => unknown> = {};
  const offerReplacing = (): void => {
    if (!isAboutSecret(error, provider)) return;
    buttons[l10n.t('Replace Client Secret…')] = () =>
      vscode.commands.executeCommand('oidc.replaceClientSecret', id);
  };
  // A refused key is more often right and not registered yet.
  if (best !== 'keys') offerReplacing();
  for (const button of offered) {
    const action = does[button];
    const text = filled(
      l10n.t(helpButtons[button] ?? ''),
      error instanceof KnownFailure ? error.details : {},
    );
    if (action) buttons[text] = action;
    if (button === 'keys') offerReplacing();
  }
  await offer('error', l10n.t('Sign-in to {0} failed. {1}', label, messageOf(error)), {
    ...buttons,
    [l10n.t('Show Log')]: () => help.showLog(),
  });
}
