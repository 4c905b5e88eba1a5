import * as vscode from 'vscode';
import { isMethod, type Method } from '../../providers/settings/signInMethods.ts';
import type { SignInTimeouts } from '../../signIn/methods/context.ts';
import { environment } from '../../environment.ts';
import type { Surroundings } from '../../signIn/plan/planner.ts';

/** The overall settings of signing in. A value of the wrong kind counts as not set. */
export interface SignInSettings {
  readonly method: Method;
  readonly timeouts: SignInTimeouts;
  /** The address of this editor's client ID metadata document. */
  readonly clientDocument: string | undefined;
}

export function readSignInSettings(): SignInSettings {
  const settings = vscode.workspace.getConfiguration('oidc');
  const seconds = (key: string, fallback: number, least: number, most: number): number => {
    const value = settings.get<unknown>(key);
    return typeof value === 'number' && value >= least && value <= most ? value : fallback;
  };
  const method = settings.get<unknown>('signIn.method');
  const document = settings.get<unknown>('clientMetadataUrl');
  return {
    method: isMethod(method) ? method : 'auto',
    timeouts: {
      person: seconds('signIn.timeout', 300, 30, 3600),
      browser: seconds('signIn.browserTimeout', 120, 10, 3600),
      provider: seconds('signIn.providerTimeout', 60, 5, 600),
    },
    clientDocument:
      typeof document === 'string' && URL.parse(document)?.protocol === 'https:' ? document : undefined,
  };
}

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
