import * as vscode from 'vscode';
import type { ActivityFile } from '../../sessions/activity.ts';

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
