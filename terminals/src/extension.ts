import * as vscode from 'vscode';
import { speak } from '../../src/platform/language.ts';
import { shown } from '../../src/platform/shown.ts';
import { registerCommand } from '../../src/ui/clicks.ts';
import { window } from '../../src/ui/show.ts';
import { offerMissing } from './editor/requirements.ts';

/** Builds the parts. The editor runs this in trusted workspaces only. */
export function activate(context: vscode.ExtensionContext): void {
  if (vscode.l10n.bundle) speak(vscode.env.language, vscode.l10n.bundle);
  const channel = window.createOutputChannel(shown('OpenID Connect for Terminals'), { log: true });
  context.subscriptions.push(
    channel,
    registerCommand('oidcTerminals.showLog', () => channel.show()),
  );
  void offerMissing();
}
