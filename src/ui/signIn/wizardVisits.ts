import { l10n } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { firstState, type Trouble, type WizardState } from '../addProvider/state.ts';
import { askProvider, type AddedProvider, type WizardContext } from '../addProvider/wizard.ts';
import type { DiagnosisReports } from '../documents.ts';
import { window } from '../show.ts';
import { readSignInSettings, readSurroundings } from './signInSettings.ts';

export interface WizardOptions extends Omit<WizardContext, 'showSteps'> {
  readonly extension: vscode.Extension<unknown>;
  readonly reports: Pick<DiagnosisReports, 'put'>;
  /** The IDs that are in use. */
  ids(): readonly string[];
}

/** Where documents open while the wizard stays. */
export const beside: vscode.TextDocumentShowOptions = {
  viewColumn: vscode.ViewColumn.Beside,
  preserveFocus: true,
};

/** Opens the wizard, each time where the user left it. */
export function createWizardVisits(options: WizardOptions) {
  const { extension, reports, ids } = options;
  let left: WizardState | undefined;
  /** The user didn't leave it: the sign-in failed. */
  let returns = false;
  /** Where each was described, as another one can be added until its sign-in ends. */
  const ends = new WeakMap<AddedProvider, WizardState>();

  const showSteps = async (host: string, text: string): Promise<void> => {
    const address = reports.put(`steps/${host}`, l10n.t('Register an app with {0}', host), text);
    await window.showTextDocument(await vscode.workspace.openTextDocument(address), { preview: false });
    const message = l10n.t('Register an app as described, then continue with its client ID.');
    const pressed = await window.showInformationMessage(message, l10n.t('Enter Client ID…'));
    if (pressed === undefined) throw new vscode.CancellationError();
  };

  return {
    /** True if the wizard is about to open again after a sign-in that came to nothing. */
    returns: () => returns,
    /**
     * Opens it with a row that leads to where it was left, or right there if that was the first page, or a sign-in.
     *
     * @throws vscode.CancellationError if the user leaves.
     */
    async open(fixedId: string | undefined): Promise<AddedProvider> {
      const start = left && (returns || left.page === 'where') ? left : firstState;
      returns = false;
      const { method, clientDocument } = readSignInSettings();
      const facts = {
        extensionId: extension.id,
        appName: vscode.env.appName,
        surroundings: readSurroundings(extension),
        method,
        clientDocument,
        taken: ids(),
        fixedId,
        left: start === left ? undefined : left,
      };
      try {
        const added = await askProvider({ ...options, showSteps }, facts, start, state => {
          if (state.page !== 'where' || !facts.left) left = state;
        });
        if (left) ends.set(added, left);
        return added;
      } catch (error) {
        // A secret doesn't stay in memory after the user has left.
        if (left) left = { ...left, answers: { ...left.answers, secret: undefined }, trouble: undefined };
        throw error;
      }
    },
    /** Opens the summary again after a sign-in that came to nothing. */
    comeBack(added: AddedProvider, trouble: Trouble | undefined): void {
      left = { ...(ends.get(added) ?? firstState), trouble };
      returns = true;
      void vscode.commands.executeCommand('oidc.addProvider', added.provider.id);
    },
    /** Forgets everything: the provider was added. */
    end(): void {
      left = undefined;
    },
  };
}
