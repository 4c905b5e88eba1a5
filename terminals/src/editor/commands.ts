import * as vscode from 'vscode';
import { timeOfDay } from '../../../src/platform/language.ts';
import { l10n, shown, type Shown } from '../../../src/platform/shown.ts';
import { registerCommand, registerQuery } from '../../../src/ui/clicks.ts';
import { window, type Item } from '../../../src/ui/show.ts';
import { partsOfKey, type DeclaredAccount, type Target } from '../consent/accounts.ts';
import type { Consent } from '../consent/consent.ts';
import type { Outcome } from '../consent/outcomes.ts';
import type { Permission } from '../consent/rules.ts';
import { showOutcomes } from './activity.ts';
import { askToUnlock } from './question.ts';
import { setUpTool } from './tools/setUp.ts';
import type { Values } from './values.ts';

export interface CommandParts {
  readonly consent: Consent<Target>;
  readonly values: Values;
  accounts(this: void): readonly DeclaredAccount[];
  /** What became of the requests in this workspace, the oldest first. */
  outcomes(this: void): readonly Outcome[];
  /** Shows the log. */
  showLog(this: void): void;
}

interface Row extends Item {
  readonly permission: Permission;
}

const choiceText = ({ choice, until }: Permission): Shown => {
  if (choice === 'never') return l10n.t('Never');
  if (choice === 'workspace') return l10n.t('Always in This Workspace');
  return l10n.t('Until {0}', timeOfDay((until ?? 0) / 1000));
};

function rowOf(permission: Permission): Row {
  const { provider, name, label, scopes } = partsOfKey(permission.key);
  return {
    permission,
    label: shown(name ?? label ?? provider),
    description: choiceText(permission),
    detail: scopes.length > 0 ? shown(scopes.join(' ')) : l10n.t('The provider’s default scopes'),
  };
}

/** Lists what programs are allowed or refused, and takes back what is chosen. Anyone who chooses can only lose something. */
async function manageAccess({ consent }: CommandParts): Promise<void> {
  const rows = consent.permissions().map(rowOf);
  if (rows.length === 0) {
    await window.showInformationMessage(l10n.t('Nothing is allowed or refused in this workspace.'));
    return;
  }
  const chosen = await window.showQuickPick(rows, {
    title: l10n.t('Access for programs'),
    placeHolder: l10n.t('Choose one to forget it. The next program is asked about again.'),
  });
  if (chosen) consent.takeBack(chosen.permission.key);
}

/** Another extension can run this command, so it asks. */
async function unlock({ consent }: CommandParts): Promise<void> {
  if (await askToUnlock()) consent.unlock();
}

/** Registers all commands of the palette. */
export function registerCommands(parts: CommandParts): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand('oidcTerminals.showLog', () => parts.showLog()),
    registerCommand('oidcTerminals.manageAccess', () => manageAccess(parts)),
    registerCommand('oidcTerminals.showActivity', async () => {
      if (await showOutcomes(parts.outcomes())) await manageAccess(parts);
    }),
    registerCommand('oidcTerminals.copyHeader', () => parts.values.copyHeader(parts.accounts())),
    registerCommand('oidcTerminals.setUpTool', () => setUpTool(parts.accounts())),
    registerQuery('oidcTerminals.token', args => parts.values.forInput(args)),
    registerCommand('oidcTerminals.lock', () => parts.consent.lock()),
    registerCommand('oidcTerminals.unlock', () => unlock(parts)),
  );
}
