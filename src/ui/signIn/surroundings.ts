import * as vscode from 'vscode';
import { environment } from '../../environment.ts';
import type { Surroundings } from '../../signIn/plan/planner.ts';

/** Where this editor and this extension run, as the editor says. */
export function readSurroundings(extension: vscode.Extension<unknown>): Surroundings {
  const { remoteName, uiKind, uriScheme } = vscode.env;
  // Without a remote, an extension of kind `workspace` runs on the person's computer like any other.
  const isLocal =
    uiKind === vscode.UIKind.Desktop &&
    (remoteName === undefined || extension.extensionKind === vscode.ExtensionKind.UI);
  return {
    ui: uiKind === vscode.UIKind.Web ? 'web' : 'desktop',
    runsIn: environment.inBrowser ? 'web-worker' : isLocal ? 'local' : 'remote',
    remoteName,
    uriScheme,
  };
}
