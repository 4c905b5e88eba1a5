import * as vscode from 'vscode';
import { l10n } from '../../platform/shown.ts';
import { formatActivities, type Activity } from '../../sessions/activity.ts';
import { registerCommand } from '../clicks.ts';
import { isWanted } from '../consent.ts';
import { window } from '../show.ts';
import type { ActivityDocument } from './activityDocument.ts';

/** *Show Activity* and *Export Activity*. */
export function registerActivityCommands(
  log: { activities(): Promise<readonly Activity[]> },
  activity: Pick<ActivityDocument, 'renew'>,
): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand('oidc.showActivity', async row => {
      if (!(await isWanted(row, l10n.t('Show the activity of all sign-ins?'), l10n.t('Show Activity'))))
        return;
      const document = await vscode.workspace.openTextDocument(activity.renew());
      await window.showTextDocument(document, { preview: true });
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
      const text = formatActivities(await log.activities());
      await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
    }),
  );
}
