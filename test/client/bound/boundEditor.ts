import type * as vscode from 'vscode';
import { createExports } from '../../../src/authentication/exports.ts';
import type { ExpiringSession } from '../../../src/client/sessionInfo.ts';
import { boundClient } from '../../protocol/methods/dpop/boundSignIn.ts';
import { startBoundApi, type BoundApi } from '../../servers/resourceServers/boundApi.ts';
import type * as EditorStandIn from '../../standIns/editor/vscode.ts';
import { openSignedInEditor, type SignedInEditor } from '../signedInEditor.ts';

export const extensionId = 'vscode-oidc.oidc-authentication';
export const scopes = ['openid', 'profile'];

/** An editor whose provider binds tokens to a key, and an API that wants proofs of it. */
export interface BoundEditor {
  readonly surroundings: SignedInEditor;
  readonly api: BoundApi;
  readonly standIn: typeof EditorStandIn;
  /** Signs everybody out, and puts the exports of this extension in place. */
  reset(): Promise<void>;
  /** What other extensions can reach of this one, in this extension host. Undefined: it runs in another. */
  install(exported: object | undefined): void;
  exported(): ReturnType<typeof createExports>;
  session(): Promise<vscode.AuthenticationSession & ExpiringSession>;
  close(): Promise<void>;
}

export async function openBoundEditor(): Promise<BoundEditor> {
  const surroundings = await openSignedInEditor({ clients: [boundClient] });
  const { clock, identityProvider } = surroundings;
  const api = await startBoundApi({ issuer: identityProvider.issuer, now: () => clock.now() });
  const standIn = await import('../../standIns/editor/vscode.ts');
  const self: BoundEditor = {
    surroundings,
    api,
    standIn,
    async reset() {
      await surroundings.reset();
      await surroundings.register({ clientId: boundClient.client_id, dpop: 'required' });
      Object.assign(api.settings, { nonce: 'none', nonceStatus: 401, scheme: 'DPoP', takesBearer: false });
      self.install(self.exported());
    },
    install(exported) {
      standIn.editor.exported = exported ? { [extensionId]: exported } : {};
    },
    exported: () => createExports(surroundings.exportsContext()),
    async session() {
      const found = await standIn.authentication.getSession('oidc', scopes, { silent: true });
      if (!found) throw new Error('Nobody is signed in.');
      return found;
    },
    async close() {
      standIn.editor.exported = {};
      await api.close();
      await surroundings.close();
    },
  };
  return self;
}
