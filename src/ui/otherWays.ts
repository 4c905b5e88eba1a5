import * as vscode from 'vscode';
import type { Provider } from '../providers/definition.ts';
import { wayName, type Way } from '../providers/signInMethods.ts';
import type { Plan } from '../signIn/planner.ts';

type WayItem = vscode.QuickPickItem & { way?: Way };

/**
 * Shows every way to sign in to a provider, with the reason why it is open or not, and lets one be chosen.
 *
 * @param current the way that is under way now, if any.
 */
export async function chooseWay(
  provider: Provider,
  plan: Plan,
  current: Way | undefined,
): Promise<Way | undefined> {
  const items: WayItem[] = [...plan.tries, ...plan.offered].map(({ way, reason }) => ({
    label: capitalised(wayName(way)),
    ...(way === current && { description: 'under way now' }),
    detail: reason,
    way,
  }));
  if (plan.closed.length > 0) {
    items.push({ label: 'Not here', kind: vscode.QuickPickItemKind.Separator });
    items.push(
      ...plan.closed.map(({ way, why }) => ({
        label: `$(circle-slash) ${capitalised(wayName(way))}`,
        detail: why,
      })),
    );
  }
  const chosen = await vscode.window.showQuickPick(items, {
    title: `Sign in to ${provider.label}: other ways`,
    placeHolder: 'How do you want to sign in?',
    ignoreFocusOut: true,
  });
  if (chosen && chosen.way === undefined) return chooseWay(provider, plan, current);
  return chosen?.way;
}

const capitalised = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
