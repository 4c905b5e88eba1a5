import * as vscode from 'vscode';

/** The person does not want to sign in. Not an error to show: they know. */
export class SignInDeclined extends Error {
  override readonly name = 'SignInDeclined';
}

export interface SessionOptions {
  /** One of the accounts of `vscode.authentication.getAccounts`; by default the one the person chose. */
  readonly account?: vscode.AuthenticationSessionAccountInformation | undefined;
  /** Why you ask, shown in the editor's question. */
  readonly detail?: string | undefined;
  /** Ask even if the person has declined before: they have just clicked on something that needs it. */
  readonly askAgain?: boolean | undefined;
}

/** What was declined, and not asked again until the accounts change or somebody says `askAgain`. */
const declined = new Set<string>();
let watchingDeclined: vscode.Disposable | undefined;

/** What is asked of the person: a sign-in, or, with an address, what a server there wants. */
export const questionOf = (providerId: string, scopes: readonly string[], address?: URL): string =>
  [providerId, ...[...scopes].sort(), ...(address ? [`${address.origin}${address.pathname}`] : [])].join(' ');

/** @throws SignInDeclined if they have said no to it before. */
export function throwIfDeclined(question: string, askAgain: boolean | undefined): void {
  if (declined.has(question) && !askAgain) throw new SignInDeclined('Not signed in.');
}

export function rememberDeclined(question: string): void {
  declined.add(question);
  watchingDeclined ??= vscode.authentication.onDidChangeSessions(({ provider }) => {
    for (const other of declined) if (other.startsWith(`${provider.id} `)) declined.delete(other);
  });
}

export const isDeclined = (error: unknown): boolean =>
  error instanceof Error &&
  /did not consent|^(user )?cancell?ed\b|^cancell?(ed|ation)/i.test(`${error.message}\n${error.name}`);

/**
 * A session, without asking if there is one; otherwise the person is asked, once.
 *
 * @throws SignInDeclined if they say no, or have said no before.
 */
export async function requireSession(
  providerId: string,
  scopes: readonly string[],
  { account, detail, askAgain }: SessionOptions = {},
): Promise<vscode.AuthenticationSession> {
  const chosen = account && { account };
  const silent = await vscode.authentication.getSession(providerId, scopes, { ...chosen, silent: true });
  if (silent) return silent;
  const question = questionOf(providerId, scopes);
  throwIfDeclined(question, askAgain);
  try {
    const createIfNone = detail === undefined ? (true as const) : { detail };
    const session = await vscode.authentication.getSession(providerId, scopes, { ...chosen, createIfNone });
    declined.delete(question);
    return session;
  } catch (error) {
    if (!isDeclined(error)) throw error;
    rememberDeclined(question);
    throw new SignInDeclined('Not signed in.');
  }
}

/**
 * Tells which account your extension may use now, and whenever that changes: undefined when the person signed
 * out or took your permission back. Never asks anybody.
 */
export function onDidChangeAccount(
  providerId: string,
  scopes: readonly string[],
  listener: (account: vscode.AuthenticationSessionAccountInformation | undefined) => void,
): vscode.Disposable {
  let known: string | undefined | null = null;
  let latest = 0;
  const look = async (): Promise<void> => {
    const turn = ++latest;
    const session = await silently(() =>
      vscode.authentication.getSession(providerId, scopes, { silent: true }),
    );
    if (turn !== latest || session?.account.id === known) return;
    known = session?.account.id;
    listener(session?.account);
  };
  const watching = vscode.authentication.onDidChangeSessions(({ provider }) => {
    if (provider.id === providerId) void look();
  });
  void look();
  return new vscode.Disposable(() => {
    latest = Infinity;
    watching.dispose();
  });
}

/** Nothing, where the provider is not there or fails: who asks silently wants no error either. */
export async function silently<T>(ask: () => Thenable<T | undefined>): Promise<T | undefined> {
  try {
    return await ask();
  } catch {
    return undefined;
  }
}

export interface AuthorizedOptions extends SessionOptions {
  /** `never`: no dialog, whatever happens. `ask`, the default: as {@link requireSession} does. */
  readonly signIn?: 'never' | 'ask' | undefined;
}

/** @throws SignInDeclined if there is none, and the person does not want one or must not be asked. */
export async function sessionFor(
  providerId: string,
  scopes: readonly string[],
  options: AuthorizedOptions,
): Promise<vscode.AuthenticationSession> {
  if (options.signIn !== 'never') return requireSession(providerId, scopes, options);
  const { account } = options;
  const session = await vscode.authentication.getSession(providerId, scopes, {
    ...(account && { account }),
    silent: true,
  });
  if (!session) throw new SignInDeclined('Not signed in.');
  return session;
}
