import * as vscode from 'vscode';
import { createActivityLog } from '../sessions/activity.ts';
import { shareGrants, type Sharing, type SharingOptions } from '../sessions/sharing/sharing.ts';
import type { SignOutServices } from '../sessions/sharing/signOutTeller.ts';
import { createKeptSignOuts } from '../sessions/store/keptSignOuts.ts';
import { activityFile } from '../ui/commands/activityFile.ts';

/** Opens what shares grants between windows, with what only it keeps: the activity log, and sign-outs. */
export function openSharing(
  { secrets, globalStorageUri }: vscode.ExtensionContext,
  options: Omit<SharingOptions, 'activity' | 'directory' | 'signOuts'> & Pick<SignOutServices, 'revoke'>,
): Sharing {
  const { log, revoke } = options;
  return shareGrants({
    ...options,
    activity: createActivityLog(activityFile(globalStorageUri), log),
    directory: vscode.Uri.joinPath(globalStorageUri, 'windows').fsPath,
    signOuts: { kept: createKeptSignOuts(secrets, log), revoke },
  });
}
