/** The extension of docs/extension-authors.md: compiled with everything else, and run by guide.test.ts and guideFolder.test.ts. */
// #region extension
import * as vscode from 'vscode';
import { SignInDeclined } from '../../../src/client/index.ts';
import { read, subscribe } from './guideReports.ts';

export function activate(context: vscode.ExtensionContext): void {
  const setting = (name: string, otherwise: string): string =>
    vscode.workspace.getConfiguration('reports').get(name, otherwise);
  const provider = () => setting('provider', 'oidc');
  const api = () => setting('api', 'https://api.example.com');
  const tell = (text: string) => void vscode.window.showInformationMessage(text);
  let count = 0;

  const commands: Record<string, () => Promise<void>> = {
    'reports.show': async () => tell(await read(provider(), `${api()}/whoami`)),
    // The server requires a stronger sign-in here.
    'reports.openVault': async () => tell(await read(provider(), `${api()}/vault`)),
    'reports.subscribe': async () => {
      const url = setting('webSocket', 'wss://api.example.com');
      const received = () => void vscode.window.setStatusBarMessage(`Reports received: ${++count}`);
      const ended = (reason: string) => tell(`Disconnected: ${reason}`);
      context.subscriptions.push(await subscribe(provider(), url, received, ended));
    },
  };
  for (const [name, run] of Object.entries(commands)) {
    const reported = () =>
      run().catch((error: unknown) => {
        // A user who said no needs no message about it.
        if (error instanceof SignInDeclined) return;
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      });
    context.subscriptions.push(vscode.commands.registerCommand(name, reported));
  }
}
// #endregion
