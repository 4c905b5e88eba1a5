import { l10n, nothing, shown } from '../../platform/shown.ts';
import * as vscode from 'vscode';
import { hostsOf } from '../../providers/entries/destination.ts';
import { changedTerms, type ChangedTerm } from '../../providers/entries/terms.ts';
import { createTrust, type Trust, type TrustOptions } from '../../signIn/trust.ts';
import { readSignInSettings } from './signInSettings.ts';
import { window, type Item } from '../show.ts';

/**
 * Asks in a list at the top of the window. A message could be hidden ("Do Not Disturb", or behind four others),
 * could not be taken back, and a sign-in that waits for it would keep every other one of its provider waiting.
 *
 * @param storage of this editor; the windows share it, other computers do not.
 */
export function editorTrust(storage: vscode.Memento, onAgreed: TrustOptions['onAgreed']): Trust {
  return createTrust({
    storage,
    onAgreed,
    async ask(provider, before, signal) {
      const { label, contributedBy } = provider;
      const [host = provider.issuer, ...others] = hostsOf(provider);
      const from =
        contributedBy === undefined
          ? l10n.t('from your settings')
          : l10n.t('brought by the extension {0}', contributedBy);
      const sign = {
        label: l10n.t('Sign In at {0}', host),
        description: others.length > 0 ? l10n.t('uses {0} too', others.join(', ')) : nothing,
        detail:
          before !== undefined
            ? l10n.t('{0}, {1}; changed since you last agreed', label, from)
            : shown`${label}, ${from}`,
      };
      const title =
        before === undefined ? l10n.t('First sign-in at {0}', host) : l10n.t('Changed sign-in at {0}', host);
      const { service } = provider;
      const placeHolder =
        service?.way === 'token-exchange'
          ? l10n.t(
              'The token of your sign-in to “{0}” is sent there, and extensions that you allow will get access tokens from there',
              service.from,
            )
          : l10n.t('Extensions that you allow will get access tokens from there');

      const over = new vscode.CancellationTokenSource();
      const end = (): void => over.cancel();
      signal.addEventListener('abort', end);
      // Who wants to sign in later will ask again; nobody else waits for this any longer.
      const timer = setTimeout(end, readSignInSettings().timeouts.person * 1000);
      try {
        const changes = before === undefined ? [] : changedTerms(before, provider.terms).map(changeItem);
        const items: Item[] = [sign, { label: l10n.t('Cancel') }, ...changes];
        const options = { title, placeHolder, ignoreFocusOut: true };
        return (await window.showQuickPick(items, options, over.token)) === sign;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        over.dispose();
      }
    },
  });
}

/** A change, old beside new. It can be read and not be chosen: choosing it is no agreement. */
const changeItem = ({ name, before, after }: ChangedTerm): Item => ({
  label: shown(name),
  detail: l10n.t('before: {0} · now: {1}', before ?? l10n.t('nothing'), after ?? l10n.t('nothing')),
});
