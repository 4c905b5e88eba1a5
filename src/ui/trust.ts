import * as vscode from 'vscode';
import type { Provider } from '../providers/definition.ts';

/** Whether the person has agreed to sign in to providers that extensions have brought. */
export interface Trust {
  /**
   * Asks before the first sign-in to a provider that an extension has brought, and again when it leads elsewhere
   * than it did then.
   *
   * @throws vscode.CancellationError if the person does not want to.
   */
  check(provider: Provider): Promise<void>;
}

/** @param storage what was agreed to is remembered here. */
export function createTrust(storage: vscode.Memento): Trust {
  return {
    async check(provider) {
      const { id, label, contributedBy, issuer, clientId, metadataUrl, endpoints } = provider;
      if (contributedBy === undefined) return;
      const key = `trusted/${id}`;
      const leadsTo = JSON.stringify([contributedBy, issuer, clientId, metadataUrl, endpoints]);
      if (storage.get(key) === leadsTo) return;
      const { host } = new URL(issuer);
      const sign = `Sign In at ${host}`;
      const again = storage.get(key) === undefined ? 'brings' : 'has changed';
      const message = `The extension ${contributedBy} ${again} the identity provider ${label}. You will sign in at ${host}, and extensions that you allow will get access tokens from there.`;
      if ((await vscode.window.showWarningMessage(message, sign, 'Cancel')) !== sign) {
        throw new vscode.CancellationError();
      }
      await storage.update(key, leadsTo);
    },
  };
}
