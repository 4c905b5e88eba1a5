import * as vscode from 'vscode';

/** What no provider can be faster than: the answer is always there, and always the same. */
export function activate(context: vscode.ExtensionContext): void {
  const session = {
    id: 'constant',
    accessToken: 'constant'.padEnd(1000, '.'),
    account: { id: 'constant', label: 'constant' },
    scopes: ['openid', 'profile'],
  };
  const changes = new vscode.EventEmitter<vscode.AuthenticationProviderAuthenticationSessionsChangeEvent>();
  let signedIn = false;
  const provider: vscode.AuthenticationProvider = {
    onDidChangeSessions: changes.event,
    getSessions: () => Promise.resolve(signedIn ? [session] : []),
    createSession() {
      signedIn = true;
      return Promise.resolve(session);
    },
    removeSession: () => Promise.resolve(),
  };
  const options = { supportsMultipleAccounts: true };
  context.subscriptions.push(
    changes,
    vscode.authentication.registerAuthenticationProvider('constant', 'Constant', provider, options),
  );
}
