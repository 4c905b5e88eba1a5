import type { Provider } from '../../providers/definition.ts';
import type { BrowserWay } from '../../providers/signInMethods.ts';
import type { PendingResponses } from '../pendingResponses.ts';
import { bridgeRedirect, editorRedirect, relayRedirect, type EditorAddress } from './editorAddress.ts';
import type { Redirect } from './redirect.ts';
import { unattendedRedirect } from './unattended.ts';

/** The redirect for a way to sign in. */
export type Redirects = (way: BrowserWay, provider: Provider) => Promise<Redirect>;

export interface RedirectParts {
  readonly editor: EditorAddress;
  readonly pending: PendingResponses;
  /** The page that is shown when a response has come to this computer. */
  loopbackPage(): Promise<string>;
}

export function createRedirects({ editor, pending, loopbackPage }: RedirectParts): Redirects {
  return async (way, { redirect }) => {
    switch (way) {
      case 'uri-handler':
        return editorRedirect(editor, pending);
      case 'bridge':
        return redirect.bridge === undefined
          ? relayRedirect(editor, pending)
          : bridgeRedirect(editor, pending);
      case 'paste':
        return unattendedRedirect;
      case 'loopback': {
        // Loaded here: there is no `node:http` in a web worker, where no plan has this way.
        const { loopbackRedirect } = await import('./loopback.ts');
        return loopbackRedirect(loopbackPage);
      }
    }
  };
}
