import { l10n } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { randomText } from '../../platform/base64url.ts';
import type { Activity, ActivityFile } from '../../sessions/activity.ts';
import { window } from '../show.ts';
import { isWanted, registerCommand } from '../clicks.ts';

const scheme = 'oidc-activity';

/** The activity log in a file of the extension's own folder. */
export function activityFile(folder: vscode.Uri): ActivityFile {
  const file = vscode.Uri.joinPath(folder, 'activity.jsonl');
  return {
    async read() {
      try {
        return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
      } catch (error) {
        if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
        throw error;
      }
    },
    async write(text) {
      await vscode.workspace.fs.createDirectory(folder);
      await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
    },
  };
}

/** Registered from the start: an editor that shows the activity may be open when a window starts. */
export const activityCommands = ['oidc.showActivity', 'oidc.exportActivity'];

/** *Show Activity* and *Export Activity*. */
export function registerActivityCommands(
  log: { activities(): Promise<readonly Activity[]> },
  providerLabel: (id: string) => string,
): vscode.Disposable {
  const changes = new vscode.EventEmitter<vscode.Uri>();
  /** Nobody else can guess the address, so that nobody reads the document before the person wants it. */
  const query = randomText(16);
  return vscode.Disposable.from(
    changes,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changes.event,
      async provideTextDocumentContent(address) {
        if (address.query !== query) return `${l10n.t('Run "OIDC: Show Activity" to read this.')}\n`;
        const { describeActivities } = await import('../../sessions/activity.ts');
        return describeActivities(await log.activities(), providerLabel);
      },
    }),
    registerCommand('oidc.showActivity', async row => {
      if (!(await isWanted(row, l10n.t('Show the activity of all sign-ins?'), l10n.t('Show Activity'))))
        return;
      // One that is open already shows what has happened since.
      const document = vscode.Uri.from({ scheme, path: `/${l10n.t('Sign-in Activity')}`, query });
      changes.fire(document);
      await window.showTextDocument(await vscode.workspace.openTextDocument(document), {
        preview: true,
      });
    }),
    registerCommand('oidc.exportActivity', async row => {
      const question = l10n.t('Export the activity of all sign-ins to a file?');
      if (!(await isWanted(row, question, l10n.t('Export')))) return;
      const [folder] = vscode.workspace.workspaceFolders ?? [];
      const target = await window.showSaveDialog({
        title: l10n.t('Export the sign-in activity'),
        filters: { [l10n.t('JSON lines')]: ['jsonl'] },
        ...(folder && { defaultUri: vscode.Uri.joinPath(folder.uri, 'sign-in-activity.jsonl') }),
      });
      if (!target) return;
      const { formatActivities } = await import('../../sessions/activity.ts');
      const text = formatActivities(await log.activities());
      await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
    }),
  );
}
