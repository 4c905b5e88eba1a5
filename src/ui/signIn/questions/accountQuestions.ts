import { l10n, labelOf, shown, type Shown } from '../../../platform/shown.ts';
import type { Provider } from '../../../providers/entries/definition.ts';
import type { Account } from '../../../sessions/grant/grant.ts';
import { untilCanceled } from '../../cancellation.ts';
import { askConsent } from '../../consent.ts';
import { window, type InputBoxOptions } from '../../show.ts';

/** Asks whose sign-in is used for another provider. Other extensions can choose from the list, and can't agree to it. */
export async function chooseAccount(
  { label }: Provider,
  accounts: readonly Account[],
  to: Provider,
  signal: AbortSignal,
): Promise<Account | undefined> {
  const items = accounts.map(account => ({ label: shown(account.label), account }));
  const look = { title: l10n.t('Which account of {0}?', label), ignoreFocusOut: true };
  const [only, another] = items;
  const chosen = another
    ? await untilCanceled(signal, token => window.showQuickPick(items, look, token))
    : only;
  if (!chosen) return undefined;
  const isShown = to.service?.way === 'identity-assertion';
  const question = {
    message: isShown
      ? l10n.t('Show your sign-in as {0} to {1}?', chosen.label, tokenHostOf(to))
      : l10n.t('Send the token of {0} to {1}?', chosen.label, tokenHostOf(to)),
    lines: [l10n.t('{0} gives an access token of its own for it.', to.label)],
    button: isShown ? l10n.t('Show Sign-in') : l10n.t('Send Token'),
  };
  return (await askConsent(question)) && !signal.aborted ? chosen.account : undefined;
}

const tokenHostOf = ({ endpoints, issuer }: Provider): string => new URL(endpoints?.token ?? issuer).host;

/** Asks whose sign-in it is if the provider doesn’t say so. */
export async function nameAccount(
  { label }: Provider,
  known: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const title = l10n.t('Account at {0}', label);
  const other = l10n.t('Another Account…');
  const items = [
    ...known.map(name => ({ label: shown(name), isOther: false })),
    { label: other, isOther: true },
  ];
  const look = {
    title,
    placeHolder: l10n.t('The provider doesn’t say who signed in. Which account is it?'),
    ignoreFocusOut: true,
  };
  const chosen = await untilCanceled(signal, token => window.showQuickPick(items, look, token));
  if (!chosen) return undefined;
  if (!chosen.isOther) return agreedName(label, chosen.label, signal);
  const box: InputBoxOptions = {
    title,
    prompt: l10n.t('Name to show for this account in the Accounts menu'),
    ignoreFocusOut: true,
    validateInput: text => (text.trim() === '' ? l10n.t('The name must not be empty') : undefined),
  };
  const name = (await untilCanceled(signal, token => window.showInputBox(box, token)))?.trim();
  return name === undefined ? undefined : agreedName(label, name, signal);
}

/** The editor remembers by the name of an account which extensions get its tokens. */
async function agreedName(provider: Shown, name: string, signal: AbortSignal): Promise<string | undefined> {
  const question = {
    message: l10n.t('Did you sign in to {0} as {1}?', provider, labelOf(name)),
    lines: [
      l10n.t('Extensions that you have allowed to use this account get access tokens of this sign-in.'),
    ],
    button: l10n.t('Use This Account'),
  };
  return (await askConsent(question)) && !signal.aborted ? name : undefined;
}
