import { l10n } from '../../platform/shown.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { BrowserMethod } from '../../providers/settings/signInMethods.ts';
import type { PendingResponses } from './pendingResponses.ts';
import { bridgeRedirect, editorRedirect, relayRedirect, type EditorAddress } from './editorAddress.ts';
import type { Redirect } from './redirect.ts';
import { unattendedRedirect } from './unattended.ts';

/** The redirect for a sign-in method. */
export type Redirects = (method: BrowserMethod, provider: Provider) => Promise<Redirect>;

/** Makes the redirect at which this computer listens; its page is shown when a response has come. */
export type Loopback = (page: () => Promise<string>) => Promise<Redirect>;

export interface RedirectParts {
  readonly editor: EditorAddress;
  readonly pending: PendingResponses;
  /** Undefined where nothing can listen. */
  readonly loopback: Loopback | undefined;
  /** The page that is shown when a response has come to this computer. */
  loopbackPage(): Promise<string>;
}

export function createRedirects({ editor, pending, loopback, loopbackPage }: RedirectParts): Redirects {
  return async (method, { issuer, redirect }) => {
    switch (method) {
      case 'uri-handler':
        return editorRedirect(editor, pending);
      case 'bridge':
        return redirect.bridge === undefined
          ? relayRedirect(editor, pending)
          : bridgeRedirect(editor, pending);
      case 'paste':
        return unattendedRedirect;
      case 'loopback':
        if (loopback) return loopback(loopbackPage);
        // No plan has this method where nothing can listen.
        throw new Failure('method-unsupported', {
          issuer,
          missing: l10n.t('a program that can listen on this computer'),
        });
    }
  };
}
