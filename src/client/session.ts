import * as vscode from 'vscode';
import { rememberSession, silentSession, type SilentOptions } from './lastSession.ts';
import { answerTo, type ExpiringSession } from './sessionInfo.ts';
import { createTimer } from './timer.ts';

/** The user doesn't want to sign in. Don't show this error: they know. */
export class SignInDeclined extends Error {
  override readonly name = 'SignInDeclined';
  /**
   * - `declined`: the user said no, now or before.
   * - `not-signed-in`: there is no session, and a prompt wasn't allowed.
   */
  readonly code: 'declined' | 'not-signed-in';

  constructor(code: SignInDeclined['code']) {
    super('Not signed in.');
    this.code = code;
  }
}

export interface SessionOptions extends SilentOptions {
  /** Why you ask, shown in the editor's question. */
  readonly detail?: string | undefined;
  /** Ask even if the user has declined before: they have just clicked something that needs it. */
  readonly askAgain?: boolean | undefined;
}

/** What was declined, and the accounts then. It isn't asked again until they differ, or with `askAgain`. */
const declined = new Map<string, Promise<string | undefined>>();
let watchingDeclined: vscode.Disposable | undefined;

/** What the user is asked for: a sign-in, or, with a URL, what its server demands. */
export const questionOf = (providerId: string, scopes: readonly string[], address?: URL): string =>
  [providerId, ...[...scopes].sort(), ...(address ? [`${address.origin}${address.pathname}`] : [])].join(' ');

/** @throws SignInDeclined if they say no, or have said no to it before. */
export async function askOnce<T>(
  providerId: string,
  question: string,
  askAgain: boolean | undefined,
  ask: () => PromiseLike<T>,
): Promise<T> {
  if (declined.has(question) && !askAgain) throw new SignInDeclined('declined');
  try {
    const answer = await ask();
    declined.delete(question);
    return answer;
  } catch (error) {
    if (!isDeclined(error)) throw error;
    declined.set(question, accountIds(providerId));
    // A token that was renewed is a change of the sessions, too.
    watchingDeclined ??= vscode.authentication.onDidChangeSessions(
      ({ provider }) => void forgetDeclined(provider.id),
    );
    throw new SignInDeclined('declined');
  }
}

async function forgetDeclined(providerId: string): Promise<void> {
  const now = await accountIds(providerId);
  if (now === undefined) return;
  for (const [question, then] of declined) {
    if (!`${question} `.startsWith(`${providerId} `) || (await then) === now) continue;
    // It might have been declined again in the meantime.
    if (declined.get(question) === then) declined.delete(question);
  }
}

/** Undefined: not known. */
async function accountIds(providerId: string): Promise<string | undefined> {
  const accounts = await answerTo(() => vscode.authentication.getAccounts(providerId));
  return accounts && JSON.stringify([...new Set(accounts.answer.map(({ id }) => id))].sort());
}

export const isDeclined = (error: unknown): boolean =>
  error instanceof Error &&
  /did not consent|^(user )?cancell?ed\b|^cancell?(ed|ation)/i.test(`${error.message}\n${error.name}`);

/**
 * Returns a session. If there is none, asks the user once.
 *
 * @throws SignInDeclined if they say no, or have said no before.
 */
export async function requireSession(
  providerId: string,
  scopes: readonly string[],
  { account, detail, askAgain, warn }: SessionOptions = {},
): Promise<ExpiringSession> {
  const chosen = account && { account };
  const silent = await silentSession(providerId, scopes, { account, warn });
  if (silent) return silent;
  const createIfNone = detail === undefined ? (true as const) : { detail };
  const session = await askOnce(providerId, questionOf(providerId, scopes), askAgain, () =>
    vscode.authentication.getSession(providerId, scopes, { ...chosen, createIfNone }),
  );
  rememberSession(providerId, scopes, account, session);
  return session;
}

/** The time after a failure until the editor is asked again, in milliseconds. */
export const lookAgainAfter = 30_000;

/**
 * Reports which account your extension is allowed to use, now and after each change: undefined after a sign-out or if the
 * user removes the permission. Reports nothing while the editor doesn't know. Never prompts.
 */
export function onDidChangeAccount(
  providerId: string,
  scopes: readonly string[],
  listener: (account: vscode.AuthenticationSessionAccountInformation | undefined) => void,
): vscode.Disposable {
  let known: string | undefined | null = null;
  let latest = 0;
  const again = createTimer();
  const look = async (): Promise<void> => {
    const turn = ++latest;
    again.stop();
    const found = await answerTo(() =>
      vscode.authentication.getSession(providerId, scopes, { silent: true }),
    );
    if (turn !== latest) return;
    if (!found) {
      again.start(lookAgainAfter, () => void look());
      return;
    }
    const account = found.answer?.account;
    if (account?.id === known) return;
    known = account?.id;
    listener(account);
  };
  const watching = vscode.authentication.onDidChangeSessions(({ provider }) => {
    if (provider.id === providerId) void look();
  });
  void look();
  return new vscode.Disposable(() => {
    latest = Infinity;
    again.stop();
    watching.dispose();
  });
}

export interface AuthorizedOptions extends SessionOptions {
  /** `never`: no dialog, whatever happens. `ask`, the default: as {@link requireSession} does. */
  readonly signIn?: 'never' | 'ask' | undefined;
}

/** @throws SignInDeclined if there is none, and the user doesn't want one or must not be asked. */
export async function sessionFor(
  providerId: string,
  scopes: readonly string[],
  options: AuthorizedOptions,
): Promise<vscode.AuthenticationSession> {
  if (options.signIn !== 'never') return requireSession(providerId, scopes, options);
  const session = await silentSession(providerId, scopes, options);
  if (!session) throw new SignInDeclined('not-signed-in');
  return session;
}
