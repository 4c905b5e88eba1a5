import * as vscode from 'vscode';
import type { LogLine } from '../platform/log.ts';
import type { Shown } from '../platform/shown.ts';

/**
 * Everything of the editor that shows text, with the types of text that it takes from us: nothing that a server, a
 * setting or another extension wrote gets there uncleaned. The linter refuses the editor's own functions everywhere else
 * (eslint.config.js).
 */

/** An object of the editor, with text that is fit to be shown in these of its properties. */
type With<T, Texts extends keyof T> = Omit<T, Texts> & {
  [Name in keyof Pick<T, Texts>]: Shown | Extract<T[Name], undefined>;
};

/** A page of ours, see signIn/pages.ts. */
export type Html = string & { readonly html: true };

export type ItemButton = With<vscode.QuickInputButton, 'tooltip'>;
export type Item = With<Omit<vscode.QuickPickItem, 'buttons'>, 'label' | 'description' | 'detail'> & {
  buttons?: readonly ItemButton[];
};
export type InputBox = With<
  Omit<vscode.InputBox, 'validationMessage'>,
  'title' | 'prompt' | 'placeholder'
> & {
  validationMessage: Shown | undefined;
};
export type InputBoxOptions = With<
  Omit<vscode.InputBoxOptions, 'validateInput'>,
  'title' | 'prompt' | 'placeHolder'
> & { validateInput?(value: string): Shown | undefined | Promise<Shown | undefined> };
export type QuickPick<T extends Item> = With<
  Omit<
    vscode.QuickPick<vscode.QuickPickItem>,
    'items' | 'activeItems' | 'selectedItems' | 'onDidTriggerItemButton'
  >,
  'title' | 'placeholder'
> & {
  items: readonly T[];
  activeItems: readonly T[];
  selectedItems: readonly T[];
  readonly onDidTriggerItemButton: vscode.Event<{ readonly item: T }>;
};
export type TreeItem = Omit<vscode.TreeItem, 'label' | 'description' | 'tooltip'> & {
  label: Shown;
  description: Shown;
  tooltip: Shown;
  accessibilityInformation: { readonly label: Shown };
};
export type Panel = Omit<vscode.WebviewPanel, 'title' | 'webview'> & {
  readonly webview: Omit<vscode.Webview, 'html'> & { html: Html };
};
export type StatusBarItem = Omit<
  With<vscode.StatusBarItem, 'text'>,
  'tooltip' | 'accessibilityInformation'
> & {
  tooltip: Shown;
  accessibilityInformation: { readonly label: Shown };
};
type Levels = 'debug' | 'info' | 'warn' | 'error';
export type LogChannel = Omit<vscode.LogOutputChannel, Levels> & Record<Levels, (line: LogLine) => void>;

type ShowMessage = <Button extends Shown>(
  message: Shown,
  ...buttons: readonly Button[]
) => Thenable<Button | undefined>;
type Progress = vscode.Progress<{ message?: Shown; increment?: number }>;
type ListOptions = Pick<vscode.QuickPickOptions, 'ignoreFocusOut'> & { title: Shown; placeHolder?: Shown };

interface Window {
  readonly showInformationMessage: ShowMessage;
  readonly showWarningMessage: ShowMessage;
  readonly showErrorMessage: ShowMessage;
  showInputBox(options: InputBoxOptions, token?: vscode.CancellationToken): Thenable<string | undefined>;
  showQuickPick<T extends Item>(
    items: readonly T[],
    options: ListOptions,
    token?: vscode.CancellationToken,
  ): Thenable<T | undefined>;
  showOpenDialog(options: With<vscode.OpenDialogOptions, 'title'>): Thenable<vscode.Uri[] | undefined>;
  showSaveDialog(options: With<vscode.SaveDialogOptions, 'title'>): Thenable<vscode.Uri | undefined>;
  readonly showTextDocument: typeof vscode.window.showTextDocument;
  readonly tabGroups: Pick<vscode.TabGroups, 'onDidChangeTabs'>;
  createInputBox(): InputBox;
  createQuickPick<T extends Item>(): QuickPick<T>;
  createOutputChannel(name: Shown, options: { readonly log: true }): LogChannel;
  createWebviewPanel(
    type: string,
    title: Shown,
    where: { readonly viewColumn: vscode.ViewColumn },
    options: vscode.WebviewOptions,
  ): Panel;
  withProgress<T>(
    options: With<vscode.ProgressOptions, 'title'>,
    run: (progress: Progress, token: vscode.CancellationToken) => Promise<T>,
  ): Thenable<T>;
  createStatusBarItem(id: string, alignment: vscode.StatusBarAlignment): StatusBarItem;
  setStatusBarMessage(message: Shown, milliseconds: number): vscode.Disposable;
}

export const window = vscode.window as unknown as Window;

export const createTreeItem = (label: Shown, state: vscode.TreeItemCollapsibleState): TreeItem =>
  new vscode.TreeItem(label, state) as TreeItem;

/** @param badge undefined: there is none. */
export function setBadge(
  view: vscode.TreeView<unknown>,
  badge: { readonly value: number; readonly tooltip: Shown } | undefined,
): void {
  view.badge = badge;
}
