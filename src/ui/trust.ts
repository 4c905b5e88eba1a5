import * as vscode from 'vscode';
import { hostsOf } from '../providers/destination.ts';
import { createTrust, type Trust } from '../signIn/trust.ts';
import { readSignInSettings } from './signInSettings.ts';

/**
 * Asks in a list at the top of the window. A message could be hidden ("Do Not Disturb", or behind four others),
 * could not be taken back, and a sign-in that waits for it would keep every other one of its provider waiting.
 *
 * @param storage of this editor; the windows share it, other computers do not.
 */
export function editorTrust(storage: vscode.Memento): Trust {
  return createTrust({
    storage,
    async ask(provider, question, signal) {
      const { label, contributedBy } = provider;
      const [host = provider.issuer, ...others] = hostsOf(provider);
      const from =
        contributedBy === undefined ? 'from your settings' : `brought by the extension ${contributedBy}`;
      const changed = question === 'changed' ? '; changed since you last agreed' : '';
      const sign = {
        label: `Sign In at ${host}`,
        description: others.length > 0 ? `uses ${others.join(', ')} too` : '',
        detail: `${label}, ${from}${changed}`,
      };
      const title = question === 'new' ? `First sign-in at ${host}` : `Changed sign-in at ${host}`;
      const { machine } = provider;
      const placeHolder =
        machine?.way === 'token-exchange'
          ? `The token of your sign-in to “${machine.from}” is sent there, and extensions that you allow will get access tokens from there`
          : 'Extensions that you allow will get access tokens from there';

      const over = new vscode.CancellationTokenSource();
      const end = (): void => over.cancel();
      signal.addEventListener('abort', end);
      // Who wants to sign in later will ask again; nobody else waits for this any longer.
      const timer = setTimeout(end, readSignInSettings().timeouts.person * 1000);
      try {
        const items = [sign, { label: 'Cancel' }];
        const options = { title, placeHolder, ignoreFocusOut: true };
        return (await vscode.window.showQuickPick(items, options, over.token)) === sign;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        over.dispose();
      }
    },
  });
}
