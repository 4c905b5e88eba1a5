import * as vscode from 'vscode';

const extensionId = 'vscode-oidc.oidc-authentication';

/** What is known about a session. Contains no secrets. Times are in seconds since the epoch. */
export interface SessionInfo {
  readonly account: { readonly id: string; readonly label: string };
  readonly provider: { readonly id: string; readonly label: string; readonly issuer: string };
  /**
   * `DPoP`: the access token is bound to a key (RFC 9449). APIs refuse it as a bearer token, and each request needs a
   * {@link OidcAuthenticationApi.proof}. Undefined: an earlier version of the extension is installed.
   */
  readonly tokenType?: 'Bearer' | 'DPoP' | undefined;
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

/**
 * A session, and what the editor's type doesn't know of it. `vscode.authentication.getSession` passes that on too. It is
 * undefined if an earlier version of the extension is installed.
 */
export interface ExpiringSession extends vscode.AuthenticationSession {
  /** When its access token ends, in seconds since the epoch. Undefined if the provider didn't say. */
  readonly expiresAt?: number | undefined;
  /** `DPoP`: its access token is bound to a key, see {@link SessionInfo.tokenType}. Undefined: it is a bearer token. */
  readonly tokenType?: 'DPoP' | undefined;
}

/** The request that a proof is for. A proof is good for this one request, within seconds. */
export interface ProofRequest {
  /** Exactly as it is sent, usually in capital letters. For a WebSocket: `GET`. */
  readonly method: string;
  /** Its query and fragment aren't part of the proof. For a WebSocket: its URL with `https` in place of `wss`. */
  readonly url: string | URL;
  /** The latest `DPoP-Nonce` of the server's responses (RFC 9449 section 9). */
  readonly nonce?: string | undefined;
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
  /**
   * Proves to an API that the key of a session's access token is here (RFC 9449 section 4): the value of the header
   * `DPoP`, beside `Authorization: DPoP <access token>`. Make a new one for each request. `authorizedFetch` and
   * `authorizedWebSocket` do all of it.
   *
   * @returns undefined if the token isn't bound to a key: send it as a bearer token.
   * @throws Error with a `code`: those of `describe`, `proof-url` for a URL of the identity provider itself, or one that
   * isn't https, `proof-request` for another mistake in the request, `proof-key-lost` if the user has to sign in again.
   */
  proof(session: vscode.AuthenticationSession, request: ProofRequest): Promise<string | undefined>;
}

/**
 * The result of the command `oidc.describeSession`, for the ID of a session and the SHA-256 of its access token in
 * hexadecimal digits. It doesn't get the token, because another extension could have registered the same command.
 */
export type DescribedElsewhere =
  | { readonly info: SessionInfo }
  | { readonly code: 'session-renewed' | 'session-ended'; readonly message: string };

/** The result of the command `oidc.proveSession`, for the same and a {@link ProofRequest}. */
export type ProvedElsewhere =
  | { readonly proof: string | undefined }
  | {
      readonly code:
        'session-renewed' | 'session-ended' | 'proof-url' | 'proof-request' | 'proof-key-lost' | 'failed';
      readonly message: string;
    };

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
async function describeElsewhere(session: vscode.AuthenticationSession): Promise<SessionInfo | undefined> {
  const found = await askElsewhere<DescribedElsewhere>('oidc.describeSession', session);
  if (!found) return undefined;
  if ('info' in found) return found.info;
  throw withCode(found);
}

/**
 * Proves the key of a session's access token for one request, as {@link OidcAuthenticationApi.proof} does, in every
 * extension host.
 *
 * @returns the value of the header `DPoP`. Undefined: send the token as a bearer token.
 * @throws Error as `proof`, and with the code `proof-unavailable` if an earlier version of the extension is installed.
 */
export async function proveSession(
  session: vscode.AuthenticationSession,
  { method, url, nonce }: ProofRequest,
): Promise<string | undefined> {
  const request = { method, url: String(url), ...(nonce !== undefined && { nonce }) };
  const extension = vscode.extensions.getExtension<Partial<OidcAuthenticationApi>>(extensionId);
  const api = await extension?.activate();
  if (api?.proof) return api.proof(session, request);
  const found = api ? undefined : await askElsewhere<ProvedElsewhere>('oidc.proveSession', session, request);
  if (!found) {
    if ((session as ExpiringSession).tokenType !== 'DPoP') return undefined;
    const message =
      'The access token is bound to a key (DPoP). Update the extension OpenID Connect Authentication, which proves the key.';
    throw withCode({ message, code: 'proof-unavailable' });
  }
  if ('proof' in found) return found.proof;
  throw withCode(found);
}

/** @returns undefined if there is no such command. */
async function askElsewhere<T>(
  command: string,
  { id, accessToken }: vscode.AuthenticationSession,
  ...more: readonly unknown[]
): Promise<T | undefined> {
  const found = await answerTo(async () => {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
    const digest = Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('');
    return vscode.commands.executeCommand<T | undefined>(command, id, digest, ...more);
  });
  return found?.answer;
}

const withCode = ({ message, code }: { message: string; code: string }): Error =>
  Object.assign(new Error(message), { code });

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
