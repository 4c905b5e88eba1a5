import { joined, l10n, type Shown, shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import { firstProviderId, type Provider } from '../../providers/entries/definition.ts';
import type { SignInMethod } from '../../providers/settings/signInMethods.ts';
import { parseSessionId } from '../../sessions/grant/scopes.ts';
import { failureFields, isCancellation, messageOf } from '../messages.ts';
import { showSignInFailure } from '../problems/signInFailure.ts';
import { chooseMethod } from '../signIn/otherMethods.ts';
import { registerRunningSignInCommands } from '../signIn/runningSignIns.ts';
import {
  providerToSignIn,
  ShownFailure,
  showNobodySignedIn,
  signInAndKeep,
  type SignInParts,
} from '../signIn/signInAndKeep.ts';
import { signOut, signOutEverywhere, type SignOutParts } from '../signIn/signOut.ts';
import { namedProvider, rowTarget } from '../signInsView/rowTarget.ts';
import {
  forgetKept,
  forgottenText,
  keptSignIns,
  type KeptSignIns,
  type KeptSignInsContext,
} from './keptSignIns.ts';
import { window, type Item } from '../show.ts';
import { registerCommand } from '../clicks.ts';
import { isWanted } from '../consent.ts';
import { chooseProvider } from './editProvider.ts';

type CommandContext = SignInParts & SignOutParts & KeptSignInsContext;

/** The commands of the palette. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand('oidc.addProvider', (id?: unknown) => addProvider(context, id)),
    registerCommand('oidc.signIn', (id?: unknown) => chooseAndSignIn(context, id)),
    registerCommand('oidc.signOut', (row?: unknown) => chooseAndSignOut(context, row)),
    registerCommand('oidc.signOutEverywhere', (row?: unknown) => chooseAndSignOutEverywhere(context, row)),
    registerCommand('oidc.showLog', () => context.showLog()),
    registerRunningSignInCommands(context.signIns.running, () => chooseMethodAndSignIn(context)),
  );
}

/** Asks for a provider and signs in to it, which keeps it. */
export async function addProvider(parts: SignInParts, id: unknown): Promise<void> {
  try {
    const provider = await parts.newProviders.ask(typeof id === 'string' ? id : undefined);
    await signInAndSay(parts, provider);
  } catch (error) {
    if (isCancellation(error) || error instanceof ShownFailure) return;
    parts.log.error('identity provider not added', failureFields(error));
    void window.showErrorMessage(messageOf(error));
  }
}

/**
 * Signs in without another extension asking. It bypasses the editor's `getSession`: no extension gets the session, so
 * there is nothing to consent to.
 */
async function chooseAndSignIn(parts: SignInParts, id: unknown, method?: SignInMethod): Promise<void> {
  const chosen = namedProvider(id) ?? (await chooseProviderId(parts.providers));
  if (chosen === undefined) return;
  const isConfigured = parts.providers.byId(chosen) !== undefined;
  try {
    const provider = await providerToSignIn(parts, chosen);
    if (provider) await signInAndSay(parts, provider, method);
  } catch (error) {
    // A failure has been shown by the sign-in itself, with what can be done about it.
    if (!isCancellation(error) && !isConfigured) throw error;
  }
}

async function signInAndSay(parts: SignInParts, provider: Provider, method?: SignInMethod): Promise<void> {
  // Who is signed in already needs no second sign-in, but the browser would take them without a question.
  const asksWho = (await parts.accounts.sessions(provider, undefined)).length > 0;
  const request = { provider, scopes: [], account: undefined, asksWho, method };
  const { account } = await signInAndKeep(parts, request);
  void window.showInformationMessage(l10n.t('Signed in to {0} as {1}.', provider.label, account.label));
}

/** Signs in with a method that the user picks among those that work here. */
async function chooseMethodAndSignIn(parts: SignInParts): Promise<void> {
  const { providers, signIns, showLog } = parts;
  const id = await chooseProviderId(providers);
  const provider = id === undefined ? undefined : providers.byId(id);
  let method: SignInMethod | undefined;
  if (provider) {
    try {
      method = await chooseMethod(provider, await signIns.plan(provider), undefined);
      if (method === undefined) return;
    } catch (error) {
      const retry = (): void => void chooseMethodAndSignIn(parts);
      void showSignInFailure(provider, error, { retry, showLog, otherMethods: undefined });
      return;
    }
  }
  await chooseAndSignIn(parts, id, method);
}

async function chooseProviderId(providers: ConfiguredProviders): Promise<string | undefined> {
  const list = providers.list();
  if (list.length <= 1) return list[0]?.id ?? firstProviderId;
  return (await chooseProvider(providers, l10n.t('Sign in with which identity provider?')))?.id;
}

/** @param row of the sign-ins view. Without one, the user picks. */
async function chooseAndSignOut(context: CommandContext, row: unknown): Promise<void> {
  const target = rowTarget(row);
  const accounts = await signedInAccounts(context);
  if (accounts.length === 0) return void showNobodySignedIn();
  const isTarget = ({ providerId, accountId }: AccountItem): boolean =>
    providerId === target?.providerId && accountId === target.account?.id;
  const chosen =
    target !== undefined
      ? accounts.find(isTarget)
      : await window.showQuickPick(accounts, { title: l10n.t('Sign out which account?') });
  if (!chosen) return;
  const question = l10n.t('Sign out {0} ({1})?', chosen.label, chosen.description);
  if (!(await isWanted(row, question, l10n.t('Sign Out')))) return;
  const inRow = (sessionId: string): boolean =>
    target?.grantIds?.includes(parseSessionId(sessionId).grantId) ?? true;
  await signOut(context, context.providers.byId(chosen.providerId), chosen.sessionIds.filter(inRow));
  void window.showInformationMessage(l10n.t('Signed out {0} ({1}).', chosen.label, chosen.description ?? ''));
}

/** All accounts of one provider, in all windows and, as far as the provider lets us, in the browser. */
async function chooseAndSignOutEverywhere(context: CommandContext, row: unknown): Promise<void> {
  const providerId = namedProvider(row);
  const accounts = await signedInAccounts(context);
  const items = context.providers
    .list()
    .filter(({ id }) => providerId === undefined || id === providerId)
    .map(({ id, label }) => ({
      id,
      label,
      description: joined(
        accounts.filter(account => account.providerId === id).map(account => account.label),
        ', ',
      ),
    }))
    .filter(({ description }) => description !== '');
  const left = (await keptSignIns(context))
    .filter(kept => providerId === undefined || kept.providerId === providerId)
    .map(leftItem);
  const all = [...items, ...left];
  if (all.length === 0) return void showNobodySignedIn(providerId);
  const title = l10n.t('Sign out of which identity provider, in all windows and in the browser?');
  const chosen =
    providerId !== undefined && all.length === 1 ? all[0] : await window.showQuickPick(all, { title });
  if (!chosen) return;
  const question = l10n.t(
    'Sign out of {0}, in all windows and in the browser: {1}?',
    chosen.label,
    chosen.description,
  );
  if (!(await isWanted(row, question, l10n.t('Sign Out')))) return;
  if ('kept' in chosen) {
    await forgetKept(context, chosen.kept);
    void window.showInformationMessage(forgottenText(chosen.kept));
    return;
  }
  const provider = context.providers.byId(chosen.id);
  const { labels } = provider ? await signOutEverywhere(context, provider) : { labels: [] };
  void window.showInformationMessage(l10n.t('Signed out of {0}: {1}.', chosen.label, labels.join(', ')));
}

/** A provider that has left the settings, with the sign-ins that wait for it to come back. */
const leftItem = (kept: KeptSignIns): Item & { readonly description: Shown; readonly kept: KeptSignIns } => ({
  label: kept.changed ?? shown(kept.providerId),
  description: shown(kept.labels.join(', ')),
  detail:
    kept.changed === undefined
      ? l10n.t('No longer in the settings. Kept in case it comes back.')
      : l10n.t('Needs your review: the provider’s settings changed'),
  kept,
});

type AccountItem = Item & {
  description: Shown;
  providerId: string;
  accountId: string;
  sessionIds: string[];
};

async function signedInAccounts({ providers, accounts }: CommandContext): Promise<AccountItem[]> {
  const items = new Map<string, AccountItem>();
  for (const provider of providers.list()) {
    const { id: providerId, label: description } = provider;
    for (const { id, account } of await accounts.sessions(provider, undefined)) {
      const key = JSON.stringify([providerId, account.id]);
      const item = items.get(key) ?? {
        label: shown(account.label),
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
