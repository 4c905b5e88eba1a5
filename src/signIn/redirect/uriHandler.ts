import * as vscode from 'vscode';
import type { Log } from '../../platform/log.ts';
import type { PendingResponses } from './pendingResponses.ts';
import { readDelivered } from './deliveredUri.ts';
import type { EditorAddress } from './editorAddress.ts';

/**
 * Returns the extension's own URI in the editor: on the desktop always the same, without `asExternalUri`, in a browser
 * one that the editor makes up for each call. See docs/decisions/0005.
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

/** The most callback numbers that a window skips. */
const mostSkipped = 63;

/**
 * Skips a random number of callback URIs. An editor in the browser numbers them, in each window from 1, and passes a
 * response to every window that waits for its number, after which none of them waits for it any longer. If two windows
 * signed in at the same time with the same number, one would wait forever.
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

/**
 * Passes what arrives at our URI to the sign-in that waits for it, and does nothing else, whatever arrives.
 *
 * @param own the sign-ins of this window, which learn about a response that belongs to none.
 */
export function registerUriHandler(
  extensionId: string,
  responses: ResponseDelivery,
  own: Pick<PendingResponses, 'stray'>,
  log: Log,
): vscode.Disposable {
  return vscode.window.registerUriHandler({
    async handleUri(uri) {
      const response = readDelivered(extensionId, uri, isWeb());
      const delivered = response && (await responses.deliver(response.path, response.parameters));
      if (response && !delivered) own.stray(response.path, response.parameters);
      log.info(
        delivered ? 'authorization response received' : 'address opened that no sign-in waits for; ignored',
      );
    },
  });
}

const isWeb = (): boolean => vscode.env.uiKind === vscode.UIKind.Web;
