/** The extension of docs/extension-authors.md: compiled with everything else, and run by guide.test.ts. */
// #region extension
import * as vscode from 'vscode';
import { authorizedFetch, SignInDeclined } from '../../../src/client/index.ts';

export function activate(context: vscode.ExtensionContext): void {
  const show = async (): Promise<void> => {
    const settings = vscode.workspace.getConfiguration('reports');
    const provider = settings.get('provider', 'oidc');
    const api = settings.get('api', 'https://api.example.com/reports');
    try {
      // The user has just clicked, so ask again even after a refusal.
      const response = await authorizedFetch(provider, ['openid', 'profile'], { askAgain: true })(api);
      void vscode.window.showInformationMessage(`${response.status}: ${await response.text()}`);
    } catch (error) {
      // A user who said no needs no message about it.
      if (error instanceof SignInDeclined) return;
      void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  };
  context.subscriptions.push(vscode.commands.registerCommand('reports.show', show));
}
// #endregion
