import * as vscode from 'vscode';
import { describeSession, isRenewed, type ExpiringSession } from './sessionInfo.ts';
import { lasts } from './timer.ts';

/** So long, in milliseconds, the editor is waited for where a session that it gave before is still good. */
export const patience = 1000;

/** The least remaining lifetime of a token that is sent, in seconds: it must not expire in transit. */
const margin = 10;

export interface SilentOptions {
  /** One of the accounts of `vscode.authentication.getAccounts`; defaults to the one the user chose. */
  readonly account?: vscode.AuthenticationSessionAccountInformation | undefined;
  /** For your log: the editor doesn't respond, and what happens in the meantime. Called once until it responds again. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** What the editor answered last. */
interface Last {
  readonly providerId: string;
  readonly session: vscode.AuthenticationSession;
  /** When its token expires, in seconds since the epoch. Undefined: not known, or not known yet. */
  expiresAt: number | undefined;
  /** Something has changed at its provider since. */
  hasChanged: boolean;
}

const known = new Map<string, Last>();
const mostSessions = 100;
let watching: vscode.Disposable | undefined;

/** The providers that the editor doesn't respond for, and has warned about. */
const told = new Set<string>();

/**
 * Returns the session that your extension is allowed to use, without a prompt.
 *
 * The editor does one thing at a time for each provider: during a sign-in to it for any extension, it doesn't respond.
 * Then this is the editor's last session, while its token is valid and not signed out.
 */
export async function silentSession(
  providerId: string,
  scopes: readonly string[],
  { account, warn }: SilentOptions,
): Promise<vscode.AuthenticationSession | undefined> {
  const last = known.get(sessionKey(providerId, scopes, account));
  const asked = Promise.resolve(
    vscode.authentication.getSession(providerId, scopes, { ...(account && { account }), silent: true }),
  );
  const answered = asked.then(session => {
    told.delete(providerId);
    rememberSession(providerId, scopes, account, session);
    return session;
  });
  return last ? withoutWaiting(answered, last, warn) : answered;
}

function withoutWaiting(
  answered: Promise<vscode.AuthenticationSession | undefined>,
  last: Last,
  warn: SilentOptions['warn'],
): Promise<vscode.AuthenticationSession | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      void isGood(last).then(good => {
        if (!good) return;
        tell(last, warn);
        resolve(last.session);
      });
    }, patience);
    answered.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

const sessionKey = (
  providerId: string,
  scopes: readonly string[],
  account: { readonly id: string } | undefined,
): string => JSON.stringify([providerId, [...scopes].sort(), account?.id]);

/** Remembers what the editor has answered. */
export function rememberSession(
  providerId: string,
  scopes: readonly string[],
  account: { readonly id: string } | undefined,
  session: ExpiringSession | undefined,
): void {
  const key = sessionKey(providerId, scopes, account);
  const before = known.get(key);
  known.delete(key);
  if (!session) return;
  const isSame = before?.session.accessToken === session.accessToken;
  const last: Last = {
    providerId,
    session,
    expiresAt: session.expiresAt ?? (isSame ? before?.expiresAt : undefined),
    hasChanged: false,
  };
  known.set(key, last);
  for (const oldest of known.keys()) {
    if (known.size <= mostSessions) break;
    known.delete(oldest);
  }
  watching ??= vscode.authentication.onDidChangeSessions(({ provider }) => {
    for (const one of known.values()) if (one.providerId === provider.id) one.hasChanged = true;
  });
  // Before the token is refreshed: this one is unknown afterwards.
  if (last.expiresAt === undefined && !isSame) void isGood(last);
}

/** True if the token is good for a while, and the sign-in it comes from is still there. */
async function isGood(last: Last): Promise<boolean> {
  const isInTime = (): boolean => lasts(last.expiresAt, margin);
  try {
    const info = await describeSession(last.session);
    // Without a response, the change might have been a sign-out.
    if (!info) return !last.hasChanged && isInTime();
    last.expiresAt = info.expiresAt;
    return isInTime();
  } catch (error) {
    return isRenewed(error) && last.expiresAt !== undefined && isInTime();
  }
}

function tell({ providerId, expiresAt }: Last, warn: SilentOptions['warn']): void {
  if (!warn || told.has(providerId)) return;
  told.add(providerId);
  const end =
    expiresAt === undefined ? '' : `, whose token is good until ${new Date(expiresAt * 1000).toISOString()}`;
  warn(
    `The editor does not answer for "${providerId}", probably because somebody is signing in there. Going on with the session it gave last${end}.`,
  );
}
