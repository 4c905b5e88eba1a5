/** What the tests in the extension host do over and over with the editor's own API. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ConsumerApi } from '../consumer/consumer.ts';
import type { IdentityProvider } from '../servers/identityProvider/identityProvider.ts';

export const extensionId = 'vscode-oidc.oidc-authentication';
export const consumerId = 'example-consumer.consumer';

/** The name under which the issuers of the tests are known, in the browser too. */
export const issuerHost = 'idp.localhost';

/** Everything that must never stand in a log, collected by all tests, and what it is. */
export const secrets = new Map<string, string>();

/** Our extension, active. */
export async function activeExtension(): Promise<vscode.Extension<unknown>> {
  const extension = vscode.extensions.getExtension(extensionId);
  assert.ok(extension, `${extensionId} is installed`);
  await extension.activate();
  return extension;
}

/** The API of the extension that asks for somebody else's sign-in. */
export async function consumer(): Promise<ConsumerApi> {
  const extension = vscode.extensions.getExtension<ConsumerApi>(consumerId);
  assert.ok(extension, `${consumerId} is installed`);
  return extension.activate();
}

/** The setting for a provider of the tests, under the client that may come back to an editor in a browser. */
export const definitionOf = (
  { issuer, clients }: IdentityProvider,
  more: Readonly<Record<string, unknown>> = {},
) => ({
  issuer,
  clientId: clients.editorWeb.clientId,
  allowLoopbackHttp: true,
  acceptsChangingRedirectUri: true,
  ...more,
});

/** The scopes of the latest authorization request, whether the browser carried it or it was pushed (RFC 9126). */
export function requestedScopes({ requests, endpoints }: IdentityProvider): string[] {
  const request = requests.findLast(
    ({ path, query, body }) =>
      (path === endpoints.authorization && 'scope' in query) ||
      (path === endpoints.pushedAuthorizationRequest && 'scope' in body),
  );
  return String(request?.query['scope'] ?? request?.body['scope']).split(' ');
}

/** Writes the setting `oidc.providers` of the person; undefined removes it. */
export async function configure(providers: unknown): Promise<void> {
  await vscode.workspace
    .getConfiguration('oidc')
    .update('providers', providers, vscode.ConfigurationTarget.Global);
}

/** The session that this extension host's tests may use without asking anybody. */
export async function silently(
  id: string,
  scopes: readonly string[],
  account?: vscode.AuthenticationSessionAccountInformation,
): Promise<vscode.AuthenticationSession | undefined> {
  const session = await vscode.authentication.getSession(id, scopes, {
    silent: true,
    ...(account && { account }),
  });
  if (session) {
    secrets.set(session.accessToken, 'access token');
    // Newer editors than the oldest we run in have this one too.
    if ('idToken' in session && typeof session.idToken === 'string') secrets.set(session.idToken, 'ID token');
  }
  return session;
}

/** The accounts of a provider, in the order of the alphabet. */
export async function accountLabels(id: string): Promise<string[]> {
  return (await vscode.authentication.getAccounts(id)).map(({ label }) => label).sort();
}

/** The commands behind "Sign in with … to use …" in the Accounts menu. */
async function signInEntries(id: string): Promise<string[]> {
  const commands = await vscode.commands.getCommands();
  return commands.filter(command => command.startsWith(`${id}:`) && /:signIn\d+$/.test(command));
}

/** The command of the entry with which the menu offers a sign-in that `extension` has asked for. */
export async function menuEntry(id: string, extension: string): Promise<string> {
  const entry = (await signInEntries(id)).findLast(command => command.startsWith(`${id}:${extension}:`));
  assert.ok(entry, `the menu offers ${extension} to sign in to ${id}`);
  return entry;
}

/**
 * Asks for a session without disturbing anybody, and then signs in as a person does who chooses the entry that
 * this puts into the Accounts menu. Resolves when the sign-in is over.
 */
export async function signInFromMenu(id: string, scopes: readonly string[]): Promise<void> {
  const before = new Set(await signInEntries(id));
  const session = await vscode.authentication.getSession(id, scopes);
  assert.equal(session, undefined, 'there is no session yet');
  const entry = (await signInEntries(id)).find(command => !before.has(command));
  assert.ok(entry, `the Accounts menu offers to sign in to ${id}`);
  await vscode.commands.executeCommand(entry);
}

/** The changes that consumers are told of while `run` runs, by the label of their provider. */
export async function changesDuring(run: () => PromiseLike<unknown>): Promise<string[]> {
  const changes: string[] = [];
  const listening = vscode.authentication.onDidChangeSessions(({ provider }) => {
    changes.push(`${provider.id} (${provider.label})`);
  });
  try {
    await run();
    // An event travels the same way as an answer: what was sent before is here when an answer is.
    await vscode.authentication.getAccounts('oidc');
  } finally {
    listening.dispose();
  }
  return changes;
}

/** Presses Enter in the list or box at the top of the window until `promise` has settled. */
export async function acceptUntil<T>(promise: Thenable<T>): Promise<T> {
  let settled = false;
  const done = Promise.resolve(promise).finally(() => {
    settled = true;
  });
  while (!settled) {
    await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
    await Promise.race([done.catch(() => undefined), new Promise(resolve => setTimeout(resolve, 50))]);
  }
  return done;
}
