import * as vscode from 'vscode';
import type { Log } from '../../platform/log.ts';
import type { EditorAddress } from './editorAddress.ts';

/**
 * The extension's own address in the editor.
 *
 * On the desktop it is `vscode://<extension id>/<path>` with the running product's scheme: the same at all times,
 * so that it can be registered. `asExternalUri` would add the number of the window. In a browser the editor makes
 * up an https address for each call, which hands the response on to us.
 */
export function uriHandlerAddress(extensionId: string): EditorAddress {
  let numbersSkipped: Promise<unknown> | undefined;
  return {
    async of(path, query = '') {
      const address = `${vscode.env.uriScheme}://${extensionId}${path}${query && `?${query}`}`;
      if (!isWeb()) return address;
      const first = await externalAddress(address);
      if (!/[?&]vscode-reqid=\d+&/.test(first)) return first;
      numbersSkipped ??= skipNumbers(address);
      await numbersSkipped;
      return externalAddress(address);
    },
  };
}

const externalAddress = async (address: string): Promise<string> =>
  (await vscode.env.asExternalUri(vscode.Uri.parse(address))).toString(true);

/** The most addresses that a window skips. */
const mostSkipped = 63;

/**
 * Skips some addresses, by chance. An editor in the browser numbers them, in each window from 1, and hands an
 * answer to every window that waits for its number; none of them waits for that number any longer then. Of two
 * windows that sign in at the same time with the same number, one would wait in vain.
 */
function skipNumbers(address: string): Promise<unknown> {
  const [random = 0] = crypto.getRandomValues(new Uint8Array(1));
  return Promise.all(Array.from({ length: random % (mostSkipped + 1) }, () => externalAddress(address)));
}

/** Where a redirect response goes: to the sign-in that waits for it, in whichever window that is. */
export interface ResponseDelivery {
  /** Resolves with false if no sign-in waits for it. */
  deliver(path: string, parameters: URLSearchParams): Promise<boolean>;
}

/** Hands what arrives at our address to the sign-in that waits for it. It does nothing else, whatever comes. */
export function registerUriHandler(responses: ResponseDelivery, log: Log): vscode.Disposable {
  return vscode.window.registerUriHandler({
    async handleUri(uri) {
      const delivered = await responses.deliver(uri.path, responseParameters(uri.query, isWeb()));
      log.info(
        delivered ? 'authorization response received' : 'address opened that no sign-in waits for; ignored',
      );
    },
  });
}

const isWeb = (): boolean => vscode.env.uiKind === vscode.UIKind.Web;

/**
 * The parameters of a delivered address. In a browser the query arrives as the server wrote it. On the desktop
 * it has been decoded once already: decoding it again would change a code that holds a `+` or `%`.
 */
export function responseParameters(query: string, encoded: boolean): URLSearchParams {
  if (encoded) return new URLSearchParams(query);
  const parameters = new URLSearchParams();
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters.append(part.slice(0, equals), part.slice(equals + 1));
  }
  return parameters;
}
