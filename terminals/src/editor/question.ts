import { anyOf } from '../../../src/platform/language.ts';
import { joined, l10n, short, type Shown } from '../../../src/platform/shown.ts';
import { showDialog } from '../../../src/ui/dialog.ts';
import type { Target } from '../consent/accounts.ts';
import type { Choice } from '../consent/rules.ts';
import { originText, type Origin } from './lookUp/origin.ts';

/** What a user reads, and the buttons that they have. */
export interface ConsentQuestion {
  readonly message: Shown;
  readonly lines: readonly Shown[];
  readonly buttons: readonly { readonly text: Shown; readonly choice: Choice }[];
}

/** The most characters of all scopes: more can't be read in a dialog. */
export const longestScopes = 600;

/** What is asked. Everything in it that isn't ours has passed `shown`. */
export function questionFor(target: Target, account: string, origin?: Origin): ConsentQuestion {
  const { scopes, name, hint, host } = target;
  const plain = scopes.filter(scope => !/^(?:resource|audience):/.test(scope));
  const purposes = scopes
    .filter(scope => !plain.includes(scope))
    .map(scope => scope.slice(scope.indexOf(':') + 1));
  const lines = [
    name === undefined
      ? l10n.t('This request isn’t one of the accounts in your settings, so you are asked each time.')
      : l10n.t('Account in your settings: {0}', name),
    plain.length > 0 ? l10n.t('Scopes: {0}', plain.join(' ')) : l10n.t('Scopes: the provider’s default'),
    ...purposes.map(purpose => l10n.t('The tokens are for: {0}', short(purpose, 300))),
    ...(host === undefined ? [] : [l10n.t('Sent to: {0}', short(host, 300))]),
    hint === undefined
      ? l10n.t('The program doesn’t say what it is.')
      : l10n.t('The program calls itself “{0}”. Any program can use this name.', short(hint, 200)),
    ...(origin ? [originText(origin)] : []),
    name === undefined
      ? l10n.t('Programs that run as you in this workspace can use the token until it expires.')
      : l10n.t('Every program that runs as you in this workspace can then get these tokens.'),
  ];
  const always: ConsentQuestion['buttons'] = [
    { text: l10n.t('Allow for 12 Hours'), choice: 'window' },
    { text: l10n.t('Always in This Workspace'), choice: 'workspace' },
  ];
  return {
    message: l10n.t('Let a program in a terminal use your account {0}?', short(account, 200)),
    lines,
    buttons: [
      { text: l10n.t('Allow Once'), choice: 'once' },
      ...(name === undefined ? [] : always),
      { text: l10n.t('Never'), choice: 'never' },
    ],
  };
}

/**
 * Asks in a dialog. Every extension can run the editor's commands that press a message's button or choose from a list.
 * No command responds to a dialog. Enter says no: a program can ask while the user is typing in the terminal.
 */
export async function askForConsent(target: Target, account: string, origin?: Origin): Promise<Choice> {
  const { message, lines, buttons } = questionFor(target, account, origin);
  const detail = joined(lines, '\n');
  const chosen = await showDialog(message, detail, l10n.t('No'), ...buttons.map(({ text }) => text));
  return buttons.find(({ text }) => text === chosen)?.choice ?? 'no';
}

/** Asks in a dialog before what is allowed counts again. */
export async function askToUnlock(): Promise<boolean> {
  const button = l10n.t('Unlock');
  const detail = l10n.t('You or another extension has run this command.');
  const message = l10n.t('Let programs in terminals use your sign-in again?');
  return (await showDialog(message, detail, l10n.t('No'), button)) === button;
}

/** Why the editor asks for the sign-in, in its own question. */
export const signInDetail = ({ hint }: Target): Shown =>
  hint === undefined
    ? l10n.t('A program in a terminal asks for an access token.')
    : l10n.t('A program in a terminal that calls itself “{0}” asks for an access token.', short(hint, 200));

/** Names of settings that can't be read. */
export const wrongAccounts = (names: readonly string[]): Shown =>
  l10n.t('In the setting oidcTerminals.accounts, these entries can’t be used: {0}.', anyOf(names));
