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

/** The HTML that the loopback server sends. It must be static: it contains nothing of a response. */
export interface LoopbackPages {
  /** The response has come. */
  readonly answered: string;
  /** It belongs to no sign-in that waits. */
  readonly stray: string;
}

/** Makes the redirect at which this computer listens. */
export type Loopback = (pages: () => Promise<LoopbackPages>) => Promise<Redirect>;

export interface RedirectParts {
  readonly editor: EditorAddress;
  readonly pending: PendingResponses;
  /** Undefined where nothing can listen. */
  readonly loopback: Loopback | undefined;
  loopbackPages(): Promise<LoopbackPages>;
}

export function createRedirects({ editor, pending, loopback, loopbackPages }: RedirectParts): Redirects {
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
        if (loopback) return loopback(loopbackPages);
        // No plan has this method where nothing can listen.
        throw new Failure('method-unsupported', {
          issuer,
          missing: l10n.t('a program that can listen on this computer'),
        });
    }
  };
}
