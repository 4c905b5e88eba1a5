import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { capitalised } from '../../platform/language.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import { methodName, type SignInMethod } from '../../providers/settings/signInMethods.ts';
import type { Plan } from '../../signIn/plan/planner.ts';

type MethodItem = vscode.QuickPickItem & { way?: SignInMethod };

/**
 * Shows every way to sign in to a provider, with the reason why it is open or not, and lets one be chosen.
 *
 * @param current the way that is under way now, if any.
 */
export async function chooseMethod(
  provider: Provider,
  plan: Plan,
  current: SignInMethod | undefined,
): Promise<SignInMethod | undefined> {
  const items: MethodItem[] = [...plan.tries, ...plan.offered].map(({ way, reason }) => ({
    label: capitalised(methodName(way)),
    ...(way === current && { description: l10n.t('under way now') }),
    detail: reason,
    way,
  }));
  if (plan.closed.length > 0) {
    items.push({ label: l10n.t('Not here'), kind: vscode.QuickPickItemKind.Separator });
    items.push(
      ...plan.closed.map(({ way, why }) => ({
        label: `$(circle-slash) ${capitalised(methodName(way))}`,
        detail: why,
      })),
    );
  }
  const chosen = await vscode.window.showQuickPick(items, {
    title: l10n.t('Sign in to {0}: other ways', provider.label),
    placeHolder: l10n.t('How do you want to sign in?'),
    ignoreFocusOut: true,
  });
  if (chosen && chosen.way === undefined) return chooseMethod(provider, plan, current);
  return chosen?.way;
}
