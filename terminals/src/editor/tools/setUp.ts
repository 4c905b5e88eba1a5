import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { joined, l10n, shown } from '../../../../src/platform/shown.ts';
import { showDialog } from '../../../../src/ui/dialog.ts';
import { window, type Item } from '../../../../src/ui/show.ts';
import type { DeclaredAccount } from '../../consent/accounts.ts';
import { asTyped, gitRecipe, kubectlRecipe, type Recipe, type Step } from './recipes.ts';

interface Row extends Item {
  readonly recipe: Recipe;
}

/** The time limit for a program, in milliseconds. None of them waits for input. */
const patience = 20_000;

const run = async ([program, ...args]: Step): Promise<string> =>
  (await promisify(execFile)(program, args, { timeout: patience })).stdout;

/** One row for each host that git can get a token for, and for kubectl one for each account. */
export const recipeRows = (accounts: readonly DeclaredAccount[]): Row[] =>
  accounts.flatMap(({ name, hosts }) =>
    [...hosts.map(host => gitRecipe(name, host)), kubectlRecipe(name)].map(recipe => ({
      label: shown(recipe.title),
      description: shown(name),
      recipe,
    })),
  );

/** Configures git or kubectl, or undoes that. What runs is shown before, in a dialog that no extension can press. */
export async function setUpTool(accounts: readonly DeclaredAccount[]): Promise<void> {
  const rows = recipeRows(accounts);
  if (rows.length === 0) {
    await window.showInformationMessage(
      l10n.t('First add an account to the setting oidcTerminals.accounts.'),
    );
    return;
  }
  const chosen = await window.showQuickPick(rows, {
    title: l10n.t('Tool to set up'),
    placeHolder: l10n.t('Choose a tool. You see what is written before it is.'),
  });
  if (!chosen) return;
  const { apply, undo, check } = chosen.recipe;
  // git fails if it finds nothing.
  const isSetUp = (await run(check).catch(() => '')).trim() !== '';
  const steps = isSetUp ? undo : apply;
  const button = isSetUp ? l10n.t('Undo') : l10n.t('Set Up');
  const message = isSetUp
    ? l10n.t('{0} is set up already. Undo it?', chosen.label)
    : l10n.t('Set up {0}?', chosen.label);
  const detail = joined([l10n.t('These commands run:'), ...steps.map(step => shown(asTyped(step)))], '\n');
  if ((await showDialog(message, detail, l10n.t('No'), button)) !== button) return;
  try {
    for (const step of steps) await run(step);
  } catch (error) {
    const { stderr = '', message: why } = error as { stderr?: string; message: string };
    await window.showErrorMessage(l10n.t('The tool failed: {0}', stderr.trim() || why));
    return;
  }
  await window.showInformationMessage(
    isSetUp ? l10n.t('{0} is no longer set up.', chosen.label) : l10n.t('{0} is set up.', chosen.label),
  );
}
