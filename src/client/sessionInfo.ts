import * as vscode from 'vscode';

const extensionId = 'vscode-oidc.oidc-authentication';

/** What is known about a session. Contains no secrets. Times are in seconds since the epoch. */
export interface SessionInfo {
  readonly account: { readonly id: string; readonly label: string };
  readonly provider: { readonly id: string; readonly label: string; readonly issuer: string };
  /** The granted scopes, which can be more than the session's `scopes`. */
  readonly grantedScopes: readonly string[];
  /** The session's `scopes` that the provider didn't grant, or no longer does: expect an API to refuse. */
  readonly missingScopes: readonly string[];
  /** When the access token came. */
  readonly receivedAt: number;
  /** When the access token expires. It is refreshed before. Undefined if the provider doesn't say. */
  readonly expiresAt: number | undefined;
  /** When it is refreshed: from then on, the editor returns a new session. Undefined: never. */
  readonly refreshAt: number | undefined;
  /** Why it won't be refreshed, as a sentence to show. Undefined if it will. */
  readonly signInNeeded: string | undefined;
  /** Claims about the user from the ID token and UserInfo, such as `email` or `groups`. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A session, and when its access token ends. */
export interface ExpiringSession extends vscode.AuthenticationSession {
  /**
   * In seconds since the epoch. `vscode.authentication.getSession` passes it on too, without a type. Undefined if the
   * provider didn't say, or if an earlier version of the extension is installed.
   */
  readonly expiresAt?: number | undefined;
}

/** What `getExtension('vscode-oidc.oidc-authentication').exports` is. Later versions only add to it. */
export interface OidcAuthenticationApi {
  readonly version: 1;
  /**
   * Describes a session that the editor has given you. Without a session, and so without the user's consent, there is
   * nothing to learn.
   *
   * @throws Error if the session was refreshed or ended since you got it: get it again. Its `code` says which
   * (`session-renewed`, `session-ended`).
   */
  describe(session: vscode.AuthenticationSession): Promise<SessionInfo>;
}

/**
 * The result of the command `oidc.describeSession`, for the ID of a session and the SHA-256 of its access token in
 * hexadecimal digits. It doesn't get the token, because another extension could have registered the same command.
 */
export type DescribedElsewhere =
  | { readonly info: SessionInfo }
  | { readonly code: 'session-renewed' | 'session-ended'; readonly message: string };

/** True for the error of {@link describeSession} about a session that lives on with another token. */
export const isRenewed = (error: unknown): boolean =>
  error instanceof Error && (error as { code?: unknown }).code === 'session-renewed';

/**
 * What is known about a session that you hold, in every extension host.
 *
 * @returns undefined if the extension isn't installed or enabled, or if an earlier version runs in another extension host.
 * @throws Error if the session was renewed or ended since you got it, or is of a provider of another extension.
 */
export async function describeSession(
  session: vscode.AuthenticationSession,
): Promise<SessionInfo | undefined> {
  const extension = vscode.extensions.getExtension<OidcAuthenticationApi>(extensionId);
  return extension ? (await extension.activate()).describe(session) : describeElsewhere(session);
}

/** Only commands reach another extension host. */
async function describeElsewhere({
  id,
  accessToken,
}: vscode.AuthenticationSession): Promise<SessionInfo | undefined> {
  const found = await answerTo(async () => {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
    const digest = Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('');
    return vscode.commands.executeCommand<DescribedElsewhere | undefined>('oidc.describeSession', id, digest);
  });
  if (!found?.answer) return undefined;
  if ('info' in found.answer) return found.answer.info;
  throw Object.assign(new Error(found.answer.message), { code: found.answer.code });
}

/**
 * Asks without a prompt or an error. "Nothing", as after a sign-out, is a result.
 *
 * @returns undefined if the provider is missing or fails, which says nothing about its sessions.
 */
export async function answerTo<T>(ask: () => PromiseLike<T>): Promise<{ readonly answer: T } | undefined> {
  try {
    return { answer: await ask() };
  } catch {
    return undefined;
  }
}
