import * as vscode from 'vscode';
import { challengeOf, errorOf, isForBound, scopesOf } from './challenge.ts';
import { credentialsFor, isBound, takesNonce } from './credentials.ts';
import { WebSocketRefused } from './sockets/handshake.ts';
import { learnResource, type Aim } from './resource.ts';
import { askOnce, questionOf, SignInDeclined, type AuthorizedOptions } from './session.ts';
import { answerTo, isRenewed } from './sessionInfo.ts';

/** The server refuses the token, and signing in again doesn't help. The message says why. */
export class AccessRefused extends Error {
  override readonly name = 'AccessRefused';
  /** What the server answered. */
  readonly response: Response;
  /** Its `WWW-Authenticate`. */
  readonly challenge: string | undefined;
  /** The `error` in that, such as `insufficient_scope` (RFC 6750 section 3.1, RFC 9470 section 3). */
  readonly code: string | undefined;

  constructor(message: string, response: Response) {
    super(message);
    this.response = response;
    this.challenge = response.headers.get('www-authenticate') ?? undefined;
    this.code = errorOf(this.challenge);
  }
}

/** True if the server was reached and refuses the token. */
export const isRefused = (error: unknown): boolean =>
  error instanceof AccessRefused ||
  (error instanceof WebSocketRefused && error.response !== undefined && isRefusal(error.response));

export const isRefusal = ({ status }: Response): boolean => status === 401 || status === 403;

/** A refusal that came otherwise than as a response, or that has no waiting caller. */
export const refusalOf = (challenge: string): Response =>
  new Response(null, { status: 401, headers: { 'www-authenticate': challenge } });

/** What a server says if the token is to be refreshed, even before it expires (RFC 6750 section 3.1). */
export const tokenRefused = 'Bearer error="invalid_token"';

/**
 * Passes a refusal to the editor: first silently, which is enough for a new token, then with a prompt if allowed.
 *
 * @param aim what the session was requested for.
 * @param address the URL of the request. Undefined: there was none.
 * @returns a session with another token, or undefined if there is none.
 */
export async function answerRefusal(
  providerId: string,
  aim: Aim,
  { account: chosen, signIn, detail, askAgain }: AuthorizedOptions,
  session: vscode.AuthenticationSession,
  response: Response,
  address?: URL,
): Promise<vscode.AuthenticationSession | undefined> {
  const { scopes } = aim;
  const challenge = challengeOf(response);
  if (challenge === undefined) return undefined;
  // If it was renewed, the current one is requested below.
  if (isForBound(challenge) && !(await isBound(session).catch(isRenewed))) {
    const message = `The server takes only access tokens that are bound to a key (DPoP). Set "dpop" to "required" for "${providerId}" in oidc.providers, with a current version of the extension OpenID Connect Authentication.`;
    throw new AccessRefused(message, response);
  }
  // A user who has signed out in the meantime doesn't want a prompt to sign in again.
  const accounts = await vscode.authentication.getAccounts(providerId);
  if (!accounts.some(({ id }) => id === session.account.id)) return undefined;
  const account = chosen && { account: chosen };
  // Before the challenge, in which a server might write anything.
  const wwwAuthenticate = `${await refusedToken(session, address, aim)}, ${challenge}`;
  const request = { wwwAuthenticate, fallbackScopes: scopes };
  const ask = <T>(run: () => PromiseLike<T>): Promise<T> =>
    askOnce(providerId, questionOf(providerId, scopes, address), askAgain, run);
  const other = (found: vscode.AuthenticationSession | undefined) => {
    if (!found || found.accessToken === session.accessToken) return undefined;
    learnResource(providerId, aim.own, found);
    return found;
  };
  try {
    const silent = await vscode.authentication.getSession(providerId, request, { ...account, silent: true });
    if (silent || signIn === 'never') return other(silent);
    const createIfNone = detail === undefined ? (true as const) : { detail };
    return other(
      await ask(() => vscode.authentication.getSession(providerId, request, { ...account, createIfNone })),
    );
  } catch (error) {
    if (error instanceof SignInDeclined) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (!/does not support (getting|creating) sessions? from challenges/.test(message)) {
      throw new AccessRefused(message, response);
    }
  }
  // An editor or provider without challenges understands only the scopes.
  const needed = [...new Set([...scopes, ...scopesOf(challenge)])];
  const silent = await vscode.authentication.getSession(providerId, needed, { ...account, silent: true });
  if (other(silent) || signIn === 'never') return other(silent);
  const forceNewSession = detail === undefined ? (true as const) : { detail };
  return ask(() => vscode.authentication.getSession(providerId, needed, { ...account, forceNewSession }));
}

/**
 * If the response to a handshake is hidden, sends the server one more request, without the upgrade.
 *
 * @param probe the same place by http.
 * @param error with which the connection failed.
 * @returns a session with another token to try again with.
 */
export async function answerHandshake(
  providerId: string,
  aim: Aim,
  options: AuthorizedOptions & { readonly fetch?: typeof fetch | undefined },
  session: vscode.AuthenticationSession,
  probe: URL,
  error: unknown,
): Promise<vscode.AuthenticationSession | undefined> {
  if (!(error instanceof WebSocketRefused)) return undefined;
  let { response } = error;
  if (!response) {
    response = await askWithoutUpgrade(options, session, probe);
    const isForNonce = response !== undefined && (await takesNonce(response, probe));
    await response?.body?.cancel();
    // The same token, with the nonce that the server demands.
    if (isForNonce) return session;
  }
  if (!response || !isRefusal(response)) return undefined;
  const another = await answerRefusal(providerId, aim, options, session, response, probe);
  if (!another) throw new WebSocketRefused(probe.host, response);
  return another;
}

async function askWithoutUpgrade(
  options: { readonly fetch?: typeof fetch | undefined },
  session: vscode.AuthenticationSession,
  probe: URL,
): Promise<Response | undefined> {
  const send = options.fetch ?? ((...request: Parameters<typeof fetch>) => globalThis.fetch(...request));
  const again = (): Promise<vscode.AuthenticationSession> => Promise.resolve(session);
  const headers = { ...(await credentialsFor({ session, again }, 'GET', probe)) };
  const response = (await answerTo(() => send(probe, { headers, redirect: 'manual' })))?.answer;
  return response;
}

/**
 * Tells this extension which token was refused, by its digest, by which server, and the resource that only an earlier
 * refusal has named. The session's ID proves that no server wrote this: no server knows it.
 */
async function refusedToken(
  { id, accessToken }: vscode.AuthenticationSession,
  address: URL | undefined,
  { learned }: Aim,
): Promise<string> {
  const parameters = [`sha256="${await hashOf(accessToken)}"`];
  if (address) {
    const place = `${address.origin}${address.pathname}`;
    parameters.push(`request="${place}"`, `proof="${await hashOf(`${id} ${place}`)}"`);
    if (learned !== undefined) parameters.push(`learned="${learned}"`);
  }
  return `Refused-Token ${parameters.join(', ')}`;
}

async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(
    await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)),
  );
  return btoa(String.fromCharCode(...digest))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
