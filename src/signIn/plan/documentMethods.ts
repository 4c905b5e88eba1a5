import { documentPath, listsRedirect, type ClientDocument } from '../../protocol/grants/clientDocument.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { SignInMethod } from '../../providers/settings/signInMethods.ts';

/** What decides whether a sign-in by some method can use the client ID metadata document. */
export interface DocumentQuestion {
  readonly document: ClientDocument | undefined;
  readonly provider: Pick<Provider, 'redirect'>;
  readonly surroundings: { readonly ui: 'desktop' | 'web'; readonly uriScheme: string };
}

/**
 * True if the document lists the redirect URI of the method. An editor in the browser has none that stays the same, a
 * bridge page or relay can't be listed (docs/decisions/0031), and a device code has none.
 */
export function lists(
  method: SignInMethod,
  { document, provider, surroundings: { ui, uriScheme } }: DocumentQuestion,
): boolean {
  if (!document) return false;
  if (method === 'uri-handler')
    return ui === 'desktop' && document.redirectUris.some(uri => uri.startsWith(`${uriScheme}://`));
  const isLoopback = method === 'loopback' || (method === 'paste' && provider.redirect.paste === undefined);
  return isLoopback && documentHost(document, provider, '127.0.0.1') !== undefined;
}

/**
 * The host of this computer in a redirect URI that the document lists.
 *
 * @param preferred used if it is listed and the settings name none.
 */
export const documentHost = (
  document: ClientDocument,
  { redirect: { loopbackHost } }: DocumentQuestion['provider'],
  preferred: string,
): string | undefined =>
  (loopbackHost === undefined ? [preferred, '127.0.0.1', 'localhost'] : [loopbackHost]).find(host =>
    listsRedirect(document, `http://${host}${documentPath}`),
  );
