/** A web-only extension: it has `browser` and no `main`. It tells in a message what it finds of an extension beside it. */
import * as vscode from 'vscode';
import { describeSession, requireSession } from '../../src/client/index.ts';

export function activate(context: vscode.ExtensionContext): void {
  const { name } = context.extension.packageJSON as { name: string };
  context.subscriptions.push(
    vscode.commands.registerCommand(`${name}.ask`, async () => {
      const extension = vscode.extensions.getExtension('vscode-oidc.oidc-authentication');
      const session = await requireSession('oidc', ['openid', 'profile', 'groups'], { askAgain: true });
      // Not before: the editor knows a command once the extension runs, and the session comes from it.
      const commands = await vscode.commands.getCommands(true);
      const info = await describeSession(session);
      const found = {
        label: session.account.label,
        expires: session.expiresAt !== undefined && session.expiresAt === info?.expiresAt,
        groups: info?.claims['groups'],
        isSeen: extension !== undefined,
        isKnown: commands.includes('oidc.signIn'),
      };
      void vscode.window.showInformationMessage(JSON.stringify(found));
    }),
  );
}
