import { icon, l10n, nothing, shown, type Shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import type { Provider } from '../../providers/entries/definition.ts';
import { isRenewable, type Grant } from '../../sessions/grant/grant.ts';
import type { GrantCache } from '../../sessions/store/grantCache.ts';
import type { Sharing } from '../../sessions/sharing/sharing.ts';
import { offer } from '../messages.ts';
import { showNobodySignedIn } from '../signIn/signInAndKeep.ts';
import { reviewChanges, type ChangedTermsParts } from '../signIn/changedTerms.ts';
import { signInAgain, type SignInParts } from '../signIn/signInAndKeep.ts';
import { rowTarget } from '../signInsView/rowTarget.ts';
import { claimsText } from '../signInsView/claims.ts';
import { openClaims } from '../signInsView/claimsEditor.ts';
import { viewId } from '../signInsView/view.ts';
import { window } from '../show.ts';
import { registerCommand } from '../clicks.ts';
import { isWanted } from '../consent.ts';

/** A sign-in that a command is about. */
interface Chosen {
  readonly grant: Grant;
  readonly provider: Provider;
  /** The scopes of the chosen session, or those of an account's first session. */
  readonly scopes: readonly string[];
}

export interface SignInCommandsContext extends SignInParts, ChangedTermsParts {
  readonly cache: GrantCache;
  readonly sharing: Pick<Sharing, 'renew' | 'memories'>;
}

/** What can be done with a sign-in. Each is started on a row of the view, or from the palette and then asks. */
export function registerSignInCommands(context: SignInCommandsContext): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(actions).map(([name, run]) =>
      registerCommand(`oidc.${name}`, (argument?: unknown) => run(context, argument)),
    ),
  );
}

type Action = (context: SignInCommandsContext, argument: unknown) => Promise<void>;

const actions: Readonly<Record<string, Action>> = {
  async showSignIns() {
    // The view stays visible once requested, even if all it shows is how to sign in.
    await vscode.commands.executeCommand('setContext', 'oidc.viewAskedFor', true);
    await vscode.commands.executeCommand(`${viewId}.focus`);
  },

  async openWalkthrough() {
    const id = 'vscode-oidc.oidc-authentication#start';
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', id, false);
  },

  async refreshSignIn(context, argument) {
    const chosen = await choose(context, argument, l10n.t('Refresh which sign-in?'));
    for (const one of chosen) await refresh(context, one);
  },

  async reviewChanges(context, argument) {
    await reviewChanges(context, rowTarget(argument)?.providerId);
  },

  async signInAgain(context, argument) {
    const [chosen] = await choose(context, argument, l10n.t('Sign in again with which account?'));
    if (chosen) await signInToRow(context, chosen);
  },

  async showClaims(context, argument) {
    const [chosen] = await choose(context, argument, l10n.t('Show the claims of which account?'));
    if (!chosen) return;
    const question = l10n.t('Show the claims of {0}?', nameOf(chosen));
    if (!(await isWanted(argument, question, l10n.t('Show Claims')))) return;
    const document = await vscode.workspace.openTextDocument(openClaims(chosen.grant, chosen.provider));
    await window.showTextDocument(document, { preview: true });
  },

  async copyClaims(context, argument) {
    const [chosen] = await choose(context, argument, l10n.t('Copy the claims of which account?'));
    if (!chosen) return;
    const question = l10n.t('Copy the claims of {0} to the clipboard?', nameOf(chosen));
    if (!(await isWanted(argument, question, l10n.t('Copy Claims')))) return;
    await vscode.env.clipboard.writeText(claimsText(chosen.grant));
    const { label } = chosen.grant.account;
    window.setStatusBarMessage(icon('check', l10n.t('The claims of {0} are copied.', label)), shortly);
  },

  async manageTrustedExtensions(context, argument) {
    const [chosen] = await choose(
      context,
      argument,
      l10n.t('Manage the trusted extensions of which account?'),
    );
    if (!chosen) return;
    const { grant, provider } = chosen;
    const accountLabel = grant.account.label;
    try {
      await vscode.commands.executeCommand('_manageTrustedExtensionsForAccount', {
        providerId: provider.id,
        accountLabel,
      });
    } catch {
      // A command of the editor itself, which another editor might lack.
      void window.showInformationMessage(
        l10n.t(
          'To manage the extensions that can use {0}, open the Accounts menu and select {0} ({1}).',
          accountLabel,
          provider.label,
        ),
      );
    }
  },
};

const nameOf = ({ grant, provider }: Chosen): Shown => shown`${grant.account.label} (${provider.label})`;

/** How long a word about something that went well stays in the status bar, in milliseconds. */
const shortly = 5000;

/** The grants of the row. Without a row, those of the account that the user picks. */
async function choose(
  { cache, providers }: SignInCommandsContext,
  argument: unknown,
  title: Shown,
): Promise<Chosen[]> {
  const target = rowTarget(argument);
  const chosenOf = (grants: readonly (Grant | undefined)[]): Chosen[] =>
    grants.flatMap(grant => {
      const provider = grant && providers.of(grant);
      return provider ? [{ grant, provider, scopes: target?.scopes ?? grant.sessions[0] ?? [] }] : [];
    });
  if (target?.grantIds) return chosenOf(await Promise.all(target.grantIds.map(id => cache.get(id))));

  const asked = providers.list().filter(({ id }) => target === undefined || target.providerId === id);
  const grants = chosenOf((await Promise.all(asked.map(({ id }) => cache.ofProvider(id)))).flat());
  const accounts = Map.groupBy(grants, ({ grant, provider }) =>
    JSON.stringify([provider.id, grant.account.id]),
  );
  if (accounts.size === 0) {
    void showNobodySignedIn(target?.providerId);
    return [];
  }
  const items = [...accounts.values()].map(ofAccount => ({
    label: shown(ofAccount[0]?.grant.account.label ?? ''),
    description: ofAccount[0]?.provider.label ?? nothing,
    ofAccount,
  }));
  if (items.length === 1) return items[0]?.ofAccount ?? [];
  return (await window.showQuickPick(items, { title }))?.ofAccount ?? [];
}

/** Gets new tokens now, however long the old ones would last, and reports the result. */
async function refresh(context: SignInCommandsContext, chosen: Chosen): Promise<void> {
  const { grant } = chosen;
  const who = nameOf(chosen);
  const renewed = await window.withProgress(
    { location: { viewId }, title: l10n.t('Refreshing {0}', who) },
    () => context.sharing.renew(grant.id, grant.tokens.serial, true),
  );
  if (!renewed) return;
  if (renewed.tokens.serial > grant.tokens.serial) {
    window.setStatusBarMessage(icon('check', l10n.t('{0} has new tokens.', who)), shortly);
    return;
  }
  // The end of a sign-in is reported once, by the focused window.
  if (renewed.signInNeeded && !grant.signInNeeded) return;
  const { trouble } = context.sharing.memories.of(grant.id);
  if (trouble) {
    const message = l10n.t(
      'Couldn’t refresh {0}. {1} Your sign-in is kept, and the refresh retries automatically.',
      who,
      trouble.reason,
    );
    return offer('warning', message, { [l10n.t('Try Again')]: () => refresh(context, chosen) });
  }
  await offer('warning', whyNot(who, renewed), {
    [l10n.t('Sign In Again')]: () => signInToRow(context, chosen),
  });
}

/** Explains why a grant has no newer tokens although the request could have been sent. */
function whyNot(who: Shown, grant: Grant): Shown {
  if (grant.signInNeeded) return l10n.t('Can’t refresh {0}. {1}', who, grant.signInNeeded.reason);
  if (!isRenewable(grant))
    return l10n.t(
      'Can’t refresh {0}: there’s no refresh token. Sign in again when the access token expires.',
      who,
    );
  return l10n.t(
    'Didn’t refresh {0}: an earlier attempt might have reached the provider, which would treat another one as theft. Wait until the current token expires, or sign in again now.',
    who,
  );
}

const signInToRow = (context: SignInCommandsContext, { grant, provider, scopes }: Chosen): Promise<void> =>
  signInAgain(context, provider.id, { scopes, account: grant.account });
