import * as vscode from 'vscode';
import { timeInWords } from '../../../src/platform/language.ts';
import { icon, joined, l10n, labelOf, short, shown, type Shown } from '../../../src/platform/shown.ts';
import { window, type Item, type StatusBarItem } from '../../../src/ui/show.ts';
import { glanceKind, type Glance, type Outcome } from '../consent/outcomes.ts';
import type { Refusal } from '../consent/rules.ts';

const refusalText: Readonly<Record<Refusal, () => Shown>> = {
  declined: () => l10n.t('Declined'),
  'declined-before': () => l10n.t('Refused: you had declined, or the sign-in had failed, shortly before'),
  failed: () => l10n.t('Refused: the sign-in failed'),
  never: () => l10n.t('Refused: you chose Never'),
  'silent-only': () => l10n.t('Refused: not allowed before, and oidcTerminals.mode is silentOnly'),
  'silent-task': () => l10n.t('Refused: not allowed before, and oidcTerminals.mode is silentInTasks'),
  locked: () => l10n.t('Refused: locked'),
  'too-many': () => l10n.t('Refused: too many programs waited'),
};

/** One request, as a row of the list. */
export function rowOf({ at, name, account, scopes, hint, host, refusal }: Outcome): Item {
  const program = hint === undefined ? l10n.t('A program without a name') : shown`“${short(hint, 200)}”`;
  const result = refusal ? refusalText[refusal]() : l10n.t('Token of {0}', labelOf(account ?? name));
  return {
    label: icon(refusal ? 'circle-slash' : 'key', program),
    description: joined([shown(timeInWords(at)), result], ' · '),
    detail: joined(
      [
        labelOf(name),
        short(scopes.join(' '), 300),
        host === undefined ? undefined : l10n.t('Sent to: {0}', short(host, 200)),
      ],
      ' · ',
    ),
  };
}

/**
 * Lists what became of the requests of programs, the latest first, until one is chosen. It's a list and no document,
 * since other extensions can read the documents that are open.
 *
 * @returns true if a row was chosen.
 */
export async function showOutcomes(outcomes: readonly Outcome[]): Promise<boolean> {
  if (outcomes.length === 0) {
    await window.showInformationMessage(l10n.t('No program in this workspace has asked for a token yet.'));
    return false;
  }
  const rows = outcomes.toReversed().map(rowOf);
  const options = {
    title: l10n.t('Tokens for programs'),
    placeHolder: l10n.t('Choose one to manage what programs are allowed.'),
  };
  return (await window.showQuickPick(rows, options)) !== undefined;
}

/** An entry of the status bar that is there once a program has had a token. A click on it lists which. */
export function createStatus(command: string): StatusBarItem {
  const item = window.createStatusBarItem('oidcTerminals', vscode.StatusBarAlignment.Right);
  item.name = l10n.t('OpenID Connect for Terminals');
  item.command = command;
  return item;
}

/** Shows the state as it is now. */
export function showGlance(item: StatusBarItem, glance: Glance): void {
  const kind = glanceKind(glance);
  if (kind === 'nothing') return item.hide();
  item.text =
    kind === 'locked' ? icon('lock', l10n.t('Tokens locked')) : icon('key', labelOf(glance.account ?? ''));
  item.tooltip = tooltips[kind](glance.given);
  item.accessibilityInformation = { label: item.tooltip };
  item.show();
}

const tooltips: Readonly<Record<'locked' | 'one' | 'several', (given: number) => Shown>> = {
  locked: () => l10n.t('No program in a terminal gets a token until you unlock tokens.'),
  one: () => l10n.t('A program in a terminal got a token in this window. Click to see which.'),
  several: given => l10n.t('Programs in terminals got {0} tokens in this window. Click to see which.', given),
};
