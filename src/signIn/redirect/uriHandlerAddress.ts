import * as vscode from 'vscode';
import type { EditorAddress } from './editorAddress.ts';
import { isWeb } from './uriHandler.ts';

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
