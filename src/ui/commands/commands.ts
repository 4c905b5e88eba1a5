import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Registry } from '../../authentication/registry.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import { firstProviderId } from '../../providers/entries/definition.ts';
import { parseSessionId } from '../../sessions/grant/scopes.ts';
import {
  forgetKept,
  forgottenText,
  keptSignIns,
  type KeptSignIns,
  type KeptSignInsContext,
} from './keptSignIns.ts';
import { isCancellation, showNobodySignedIn, showSignInFailure } from '../messages.ts';
import { chooseMethod } from '../signIn/otherMethods.ts';
import { namedProvider, rowTarget } from '../signInsView/rowTarget.ts';
import type { SignIns } from '../signIn/signIns.ts';

interface SignInContext {
  readonly providers: ConfiguredProviders;
  readonly registry: Registry;
}

export interface CommandContext extends KeptSignInsContext, SignInContext {
  showLog(): void;
}

/** The commands of the palette. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('oidc.signIn', (id?: unknown) => signIn(context, id)),
    vscode.commands.registerCommand('oidc.signOut', (row?: unknown) => signOut(context, row)),
    vscode.commands.registerCommand('oidc.signOutEverywhere', (row?: unknown) =>
      signOutEverywhere(context, namedProvider(row)),
    ),
    vscode.commands.registerCommand('oidc.showLog', () => context.showLog()),
  );
}

/**
 * Signs in without another extension asking. It goes to our own provider directly, not through the editor's
 * `getSession`: no extension is to be given the session, so there is nothing to consent to.
 */
async function signIn({ providers, registry }: SignInContext, id: unknown): Promise<void> {
  const chosen = namedProvider(id) ?? (await chooseProvider(providers));
  const adapter = chosen === undefined ? undefined : registry.get(chosen);
  if (!adapter) return;
  // It may be gone when the sign-in ends.
  const isConfigured = adapter.provider !== undefined;
  try {
    const session = await adapter.createSession([], {});
    const label = adapter.provider?.label ?? chosen;
    void vscode.window.showInformationMessage(
      l10n.t('Signed in to {0} as {1}.', label ?? '', session.account.label),
    );
  } catch (error) {
    // A failure has been shown by the sign-in itself, with what can be done about it.
    if (!isCancellation(error) && !isConfigured) throw error;
  }
}

/** Signs in the way that the person picks among those that are open here. */
export async function signInAnotherWay(
  context: SignInContext,
  signIns: SignIns,
  showLog: () => void,
): Promise<void> {
  const id = await chooseProvider(context.providers);
  const provider = id === undefined ? undefined : context.providers.byId(id);
  if (!provider) {
    await signIn(context, id);
    return;
  }
  try {
    const way = await chooseMethod(provider, await signIns.plan(provider), undefined);
    if (way === undefined) return;
    signIns.choose(provider.id, way);
  } catch (error) {
    const retry = (): void => void signInAnotherWay(context, signIns, showLog);
    void showSignInFailure(provider, error, { retry, showLog, otherMethods: undefined });
    return;
  }
  await signIn(context, provider.id);
}

async function chooseProvider(providers: ConfiguredProviders): Promise<string | undefined> {
  const list = providers.list();
  if (list.length <= 1) return list[0]?.id ?? firstProviderId;
  const items = list.map(({ id, label, issuer }) => ({ id, label, description: id, detail: issuer }));
  return (
    await vscode.window.showQuickPick(items, { title: l10n.t('Sign in with which identity provider?') })
  )?.id;
}

/** @param row of the sign-ins view; without one, the person picks. */
async function signOut(context: SignInContext, row: unknown): Promise<void> {
  const target = rowTarget(row);
  const accounts = await signedInAccounts(context);
  if (accounts.length === 0) return void showNobodySignedIn();
  const isTarget = ({ providerId, accountId }: AccountItem): boolean =>
    providerId === target?.providerId && accountId === target.account?.id;
  const chosen =
    target !== undefined
      ? accounts.find(isTarget)
      : await vscode.window.showQuickPick(accounts, { title: l10n.t('Sign out which account?') });
  if (!chosen) return;
  const inRow = (sessionId: string): boolean =>
    target?.grantIds?.includes(parseSessionId(sessionId).grantId) ?? true;
  for (const sessionId of chosen.sessionIds.filter(inRow))
    await context.registry.get(chosen.providerId)?.removeSession(sessionId);
  void vscode.window.showInformationMessage(
    l10n.t('Signed out {0} ({1}).', chosen.label, chosen.description ?? ''),
  );
}

/** All accounts of one provider, in all windows and, as far as the provider lets us, in the browser. */
async function signOutEverywhere(context: CommandContext, providerId: string | undefined): Promise<void> {
  const { providers, registry } = context;
  const accounts = await signedInAccounts(context);
  const items = providers
    .list()
    .filter(({ id }) => providerId === undefined || id === providerId)
    .map(({ id, label }) => ({
      id,
      label,
      description: accounts
        .filter(account => account.providerId === id)
        .map(account => account.label)
        .join(', '),
    }))
    .filter(({ description }) => description !== '');
  const left = providerId === undefined ? (await keptSignIns(context)).map(leftItem) : [];
  if (items.length + left.length === 0) return void showNobodySignedIn(providerId);
  const title = l10n.t('Sign out of which identity provider, in all windows and in the browser?');
  const chosen =
    providerId === undefined ? await vscode.window.showQuickPick([...items, ...left], { title }) : items[0];
  if (!chosen) return;
  if ('kept' in chosen) {
    await forgetKept(context, chosen.kept);
    void vscode.window.showInformationMessage(forgottenText(chosen.kept));
    return;
  }
  const { labels = [] } = (await registry.get(chosen.id)?.signOutEverywhere()) ?? {};
  void vscode.window.showInformationMessage(
    l10n.t('Signed out of {0}: {1}.', chosen.label, labels.join(', ')),
  );
}

/** A provider that has left the settings, with the sign-ins that wait for it to come back. */
const leftItem = (kept: KeptSignIns): vscode.QuickPickItem & { readonly kept: KeptSignIns } => ({
  label: kept.providerId,
  description: kept.labels.join(', '),
  detail: l10n.t('Not in the settings any more; kept for when it is back'),
  kept,
});

type AccountItem = vscode.QuickPickItem & {
  providerId: string;
  accountId: string;
  sessionIds: string[];
};

async function signedInAccounts({ providers, registry }: SignInContext): Promise<AccountItem[]> {
  const items = new Map<string, AccountItem>();
  for (const { id: providerId, label: description } of providers.list()) {
    for (const { id, account } of (await registry.get(providerId)?.getSessions(undefined, {})) ?? []) {
      const key = JSON.stringify([providerId, account.id]);
      const item = items.get(key) ?? {
        label: account.label,
        description,
        providerId,
        accountId: account.id,
        sessionIds: [],
      };
      item.sessionIds.push(id);
      items.set(key, item);
    }
  }
  return [...items.values()];
}
