import * as vscode from 'vscode';
import { l10n } from '../../platform/shown.ts';
import type { Repeating } from '../problems/repeating.ts';
import { isMethod, type Method } from '../../providers/settings/signInMethods.ts';
import type { SignInTimeouts } from '../../signIn/methods/context.ts';
import { environment } from '../../environment.ts';
import type { Surroundings } from '../../signIn/plan/planner.ts';

/** The overall settings of signing in. A value of the wrong kind counts as not set. */
export interface SignInSettings {
  readonly method: Method;
  readonly timeouts: SignInTimeouts;
  /** The URL of this editor's client ID metadata document. */
  readonly clientDocument: string | undefined;
  /** The values that aren't used as they are written. */
  readonly outOfRange: readonly OutOfRange[];
}

export interface OutOfRange {
  readonly setting: string;
  readonly least: number;
  readonly most: number;
  /** The nearest value that is allowed. */
  readonly used: number;
}

export function readSignInSettings(): SignInSettings {
  const settings = vscode.workspace.getConfiguration('oidc');
  const outOfRange: OutOfRange[] = [];
  const seconds = (key: string, fallback: number, least: number, most: number): number => {
    const value = settings.get<unknown>(key);
    if (typeof value !== 'number' || Number.isNaN(value)) return fallback;
    const used = Math.min(most, Math.max(least, value));
    if (used !== value) outOfRange.push({ setting: `oidc.${key}`, least, most, used });
    return used;
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
    // What is wrong with it is said when it would be used.
    clientDocument: typeof document === 'string' && document.trim() !== '' ? document.trim() : undefined,
    outOfRange,
  };
}

/** Says once of each value that another one is used. */
export function createRangeReporter(repeating: Repeating): () => Promise<void> {
  const told = new Set<string>();
  return async () => {
    for (const { setting, least, most, used } of readSignInSettings().outOfRange) {
      const message = l10n.t(
        'The setting {0} must be from {1} to {2} seconds, so {3} is used.',
        setting,
        least,
        most,
        used,
      );
      if (told.has(message)) continue;
      told.add(message);
      const button = l10n.t('Open Settings');
      if ((await repeating.warn(message, button)) === button)
        await vscode.commands.executeCommand('workbench.action.openSettings', setting);
    }
  };
}

/** Where this editor and this extension run, as the editor says. */
export function readSurroundings(extension: vscode.Extension<unknown>): Surroundings {
  const { remoteName, uiKind, uriScheme } = vscode.env;
  // Without a remote, an extension of kind `workspace` runs on the user's computer like any other.
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
