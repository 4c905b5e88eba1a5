/** The code of docs/extension-authors.md, region by region: compiled with everything else, and run by its test. */
// #region imports
import * as vscode from 'vscode';
import {
  AccessRefused,
  authorizedFetch,
  authorizedWebSocket,
  describeSession,
  onDidChangeAccount,
  proveSession,
  requireSession,
  SignInDeclined,
  WebSocketRefused,
  type AuthorizedWebSocket,
} from '../../../src/client/index.ts';
// #endregion

// #region editor
export async function whoAmI(api: string): Promise<unknown> {
  const session = await vscode.authentication.getSession('oidc', ['openid', 'profile'], {
    createIfNone: true,
  });
  const response = await fetch(`${api}/whoami`, {
    headers: { authorization: `Bearer ${session.accessToken}` },
  });
  return response.json();
}
// #endregion

// #region errors
export function whyNot(error: unknown): string {
  if (error instanceof SignInDeclined) {
    return error.code === 'declined' ? 'sign-in declined' : 'not signed in';
  }
  if (error instanceof AccessRefused) return `no sign-in helps: ${error.code ?? error.response.status}`;
  if (error instanceof WebSocketRefused) {
    return error.status === undefined ? 'no response' : `the server responded with ${error.status}`;
  }
  throw error;
}
// #endregion

// #region resource
export async function reportsSession(resource: string): Promise<vscode.AuthenticationSession> {
  const scopes = ['openid', 'reports:read', `resource:${resource}`];
  return vscode.authentication.getSession('oidc', scopes, { createIfNone: true });
}
// #endregion

// #region challenge
export async function write(api: string): Promise<Response> {
  const scopes = ['openid', 'profile'];
  const send = (token: string) => fetch(`${api}/write`, { headers: { authorization: `Bearer ${token}` } });
  const session = await vscode.authentication.getSession('oidc', scopes, { createIfNone: true });
  const response = await send(session.accessToken);
  const wwwAuthenticate = response.headers.get('www-authenticate');
  if (response.ok || wwwAuthenticate === null) return response;
  const request = { wwwAuthenticate, fallbackScopes: scopes };
  const better = await vscode.authentication.getSession('oidc', request, { createIfNone: true });
  return send(better.accessToken);
}
// #endregion

// #region fetch
export async function openVault(api: string): Promise<string> {
  const call = authorizedFetch('oidc', ['openid', 'profile'], { detail: 'The vault holds your keys.' });
  try {
    const response = await call(`${api}/vault`, { method: 'POST', body: 'open' });
    return response.ok ? 'open' : `closed: ${response.status}`;
  } catch (error) {
    if (error instanceof SignInDeclined) return 'closed: sign-in declined';
    if (error instanceof AccessRefused) return `closed: ${error.message}`;
    throw error;
  }
}
// #endregion

// #region session
export async function onClick(): Promise<vscode.AuthenticationSession> {
  return requireSession('oidc', ['openid', 'profile'], { askAgain: true });
}
// #endregion

// #region account
export function showAccount(show: (text: string) => void): vscode.Disposable {
  return onDidChangeAccount('oidc', ['openid', 'profile'], account =>
    show(account ? `Signed in as ${account.label}` : 'Not signed in'),
  );
}
// #endregion

// #region socket
export async function listen(address: string, show: (text: string) => void): Promise<vscode.Disposable> {
  const socket = await authorizedWebSocket('oidc', ['openid', 'profile'], address);
  socket.onDidReceive(data => show(typeof data === 'string' ? data : `${data.byteLength} bytes`));
  // A new connection knows nothing of the old one.
  socket.onDidOpen(() => socket.send('subscribe'));
  socket.onDidEnd(({ reason }) => show(`Disconnected: ${reason}`));
  socket.send('subscribe');
  return socket;
}
// #endregion

// #region subprotocol
export async function listenFromBrowser(address: string): Promise<AuthorizedWebSocket> {
  return authorizedWebSocket('oidc', ['openid', 'profile'], address, {
    // The server takes the token from the second one, and responds with the first.
    connect: (url, token) => new WebSocket(url, ['chat', `bearer.${token}`]),
  });
}
// #endregion

// #region ticket
export async function listenWithTicket(address: string): Promise<AuthorizedWebSocket> {
  const scopes = ['openid', 'profile'];
  const call = authorizedFetch('oidc', scopes);
  return authorizedWebSocket('oidc', scopes, address, {
    async connect(url) {
      const response = await call(`${url.origin.replace('ws', 'http')}/ticket`, { method: 'POST' });
      const { ticket } = (await response.json()) as { ticket: string };
      return new WebSocket(`${url.href}?ticket=${ticket}`);
    },
  });
}
// #endregion

// #region optional
export async function signInIfPossible(): Promise<vscode.AuthenticationSession | undefined> {
  const id = 'vscode-oidc.oidc-authentication';
  // In another extension host, only its commands are seen.
  const commands = await vscode.commands.getCommands(true);
  if (vscode.extensions.getExtension(id) || commands.includes('oidc.signIn')) {
    return requireSession('oidc', ['openid', 'profile']);
  }
  const install = 'Install';
  const message = 'To sign in, the extension OpenID Connect Authentication is needed.';
  if ((await vscode.window.showInformationMessage(message, install)) === install) {
    await vscode.commands.executeCommand('workbench.extensions.installExtension', id);
  }
  return undefined;
}
// #endregion

// #region accounts
export async function sessionOf(label: string): Promise<vscode.AuthenticationSession | undefined> {
  const accounts = await vscode.authentication.getAccounts('oidc');
  const account = accounts.find(candidate => candidate.label === label);
  return account && requireSession('oidc', ['openid', 'profile'], { account });
}
// #endregion

// #region facts
export async function groups(): Promise<unknown> {
  const session = await requireSession('oidc', ['openid', 'profile', 'groups']);
  const profile = await describeSession(session);
  return profile?.claims['groups'];
}
// #endregion

// #region expiry
export async function minutesLeft(): Promise<number | undefined> {
  const { expiresAt } = await requireSession('oidc', ['openid', 'profile']);
  return expiresAt === undefined ? undefined : Math.floor((expiresAt - Date.now() / 1000) / 60);
}
// #endregion

// #region proofs
export async function headersFor(url: string, nonce?: string): Promise<Record<string, string>> {
  const session = await requireSession('oidc', ['openid', 'profile']);
  const dpop = await proveSession(session, { method: 'GET', url, nonce });
  if (dpop === undefined) return { authorization: `Bearer ${session.accessToken}` };
  return { authorization: `DPoP ${session.accessToken}`, dpop };
}
// #endregion
