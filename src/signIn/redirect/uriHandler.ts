import * as vscode from 'vscode';
import type { Log } from '../../platform/log.ts';
import type { PendingResponses } from './pendingResponses.ts';
import { readDelivered } from './deliveredUri.ts';

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

export const isWeb = (): boolean => vscode.env.uiKind === vscode.UIKind.Web;
