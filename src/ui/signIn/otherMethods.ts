import { icon, l10n, shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { capitalised } from '../../platform/language.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { SignInMethod } from '../../providers/settings/signInMethods.ts';
import { methodName } from '../../signIn/plan/methodName.ts';
import type { Plan } from '../../signIn/plan/planner.ts';
import { window, type Item } from '../show.ts';

type MethodItem = Item & { method?: SignInMethod };

/**
 * Shows every sign-in method of a provider, with the reason why it works or not, and lets the user choose one. Those
 * that don't work lead to the diagnosis.
 *
 * @param current the method that is in progress, if any.
 */
export async function chooseMethod(
  provider: Provider,
  plan: Plan,
  current: SignInMethod | undefined,
): Promise<SignInMethod | undefined> {
  const items: MethodItem[] = [...plan.tries, ...plan.offered].map(({ method, reason }) => ({
    label: capitalised(methodName(method)),
    ...(method === current && { description: l10n.t('in progress, starts again') }),
    detail: shown(reason),
    method,
  }));
  if (plan.closed.length > 0) {
    items.push({ label: l10n.t('Not here'), kind: vscode.QuickPickItemKind.Separator });
    items.push(
      ...plan.closed.map(({ method, why }) => ({
        label: icon('circle-slash', capitalised(methodName(method))),
        description: l10n.t('Diagnose'),
        detail: shown(why),
      })),
    );
  }
  const chosen = await window.showQuickPick(items, {
    title: l10n.t('Sign-in methods for {0}', provider.label),
    placeHolder: l10n.t('How do you want to sign in?'),
    ignoreFocusOut: true,
  });
  if (chosen && chosen.method === undefined)
    await vscode.commands.executeCommand('oidc.diagnoseProvider', provider.id);
  return chosen?.method;
}
