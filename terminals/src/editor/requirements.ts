import * as vscode from 'vscode';
import { l10n } from '../../../src/platform/shown.ts';
import { window } from '../../../src/ui/show.ts';

/** The extension that signs in. */
const required = 'vscode-oidc.oidc-authentication';

/**
 * Offers to install the extension that signs in, if it is certain to be missing. A window without a remote has one
 * extension host. Elsewhere, the extension can be in another host, which no extension can look into.
 */
export async function offerMissing(): Promise<void> {
  const isCertain = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  if (!isCertain || vscode.extensions.getExtension(required)) return;
  const show = l10n.t('Show Extension');
  const message = l10n.t(
    'OpenID Connect for Terminals can’t get tokens. The extension OpenID Connect Authentication isn’t installed or enabled.',
  );
  if ((await window.showErrorMessage(message, show)) === show)
    await vscode.commands.executeCommand('workbench.extensions.search', `@id:${required}`);
}
