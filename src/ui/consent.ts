import * as vscode from 'vscode';
import { randomText } from '../platform/base64url.ts';
import { joined, l10n, short, type Shown } from '../platform/shown.ts';
import type { Yes } from '../signIn/trust.ts';
import { isClick } from './clicks.ts';
import { showDialog } from './dialog.ts';
import { window } from './show.ts';

/** What the user is asked to agree to. */
export interface Question {
  readonly message: Shown;
  /** Everything that they agree to, what matters most first. */
  readonly lines: readonly Shown[];
  /** Agrees. */
  readonly button: Shown;
}

/** What a dialog can show on a small screen. Of more, the end or the buttons could be out of sight. */
const most = { rows: 18, charactersInRow: 60 };

const fits = (lines: readonly Shown[]): boolean =>
  lines.reduce((rows, line) => rows + Math.ceil(line.length / most.charactersInRow), 0) <= most.rows;

/** The first of these lines, each whole unless it is longer than any of ours, as far as there is room for `end`. */
function beginning(lines: readonly Shown[], end: Shown): Shown[] {
  const each = lines.map(line => short(line, 240));
  const count = each.findIndex((_, at) => !fits([...each.slice(0, at + 1), end]));
  return [...each.slice(0, count < 0 ? each.length : count), end];
}

/**
 * Asks for agreement, in a dialog. Every extension can run the editor's commands that press a message's button
 * (`notification.acceptPrimaryAction`) or choose from a list (`quickInput.accept`,
 * `workbench.action.acceptSelectedQuickOpenItem`). No command presses a dialog's button, and nothing hides one. Closing
 * it means no. Enter and the space bar press the first button, which shows a document: another extension can open the
 * dialog while the user is typing.
 *
 * What doesn't fit into the dialog has to be read in the document first. The dialog is shown again when that is closed.
 */
export async function askConsent({ message, lines, button }: Question): Promise<Yes | false> {
  const review = l10n.t('Review…');
  const show = (detail: Shown, ...buttons: Shown[]): Thenable<Shown | undefined> =>
    showDialog(message, detail, review, ...buttons);
  const toRead = l10n.t(
    'There’s more than fits here. Review it in a document, then close the document to decide.',
  );
  const isWhole = fits(lines);
  const detail = joined(isWhole ? lines : beginning(lines, toRead), '\n');
  let chosen = await (isWhole ? show(detail, button) : show(detail));
  while (chosen === review) {
    await untilRead(message, lines);
    chosen = await show(detail, button);
  }
  return chosen === button && (true as Yes);
}

const scheme = 'oidc-question';

/**
 * Breaks a line that an editor without word wrap would cut off, at a space if there is one. On a small screen, beside
 * the side bar and the minimap, there is room for 48 characters.
 */
const inRows = (line: Shown): string =>
  (line.match(/.{1,40}(?: |$)|.{1,40}/gu) ?? []).map(row => row.trimEnd()).join('\n    ');

/** Shows all of it in a document that can't be edited, until its tab is closed. */
async function untilRead(title: Shown, lines: readonly Shown[]): Promise<void> {
  const name = title.replace(/[/\\]/g, '-');
  const address = vscode.Uri.from({ scheme, path: `/${name}`, query: randomText(16) });
  const text = [inRows(title), '', ...lines.map(inRows), ''].join('\n');
  const isOurs = ({ input }: vscode.Tab): boolean =>
    input instanceof vscode.TabInputText && input.uri.toString() === address.toString();
  const provided = vscode.workspace.registerTextDocumentContentProvider(scheme, {
    provideTextDocumentContent: ({ query }) => (query === address.query ? text : ''),
  });
  let watching: vscode.Disposable | undefined;
  try {
    const document = await vscode.workspace.openTextDocument(address);
    const closed = new Promise<void>(resolve => {
      watching = window.tabGroups.onDidChangeTabs(({ closed }) => closed.some(isOurs) && resolve());
    });
    await window.showTextDocument(document, { preview: false });
    await closed;
  } finally {
    watching?.dispose();
    provided.dispose();
  }
}

/**
 * Asks the user before something personal is shown, copied or ended, unless they have just clicked a row.
 *
 * @param argument of the command.
 * @param question what is about to be done, with what.
 * @param button that confirms it.
 */
export async function isWanted(argument: unknown, question: Shown, button: Shown): Promise<boolean> {
  if (isClick(argument)) return true;
  const lines = [l10n.t('You or another extension has run this command.')];
  return askConsent({ message: question, lines, button });
}
