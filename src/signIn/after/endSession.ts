import { untilDeadline } from '../../platform/deadline.ts';
import type { Secret } from '../../platform/secret.ts';
import { createState } from '../../protocol/grants/authorizationRequest.ts';
import type { Connection } from '../../protocol/client/client.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { checkLogoutResponse, createLogoutRequest } from '../../protocol/tokens/logout.ts';
import type { OpenRedirect } from '../redirect/redirect.ts';

export interface EndSessionRequest {
  readonly connection: Connection;
  /** The ID token of the sign-in that ends. */
  readonly idToken: Secret | undefined;
  /**
   * Where the browser comes back to, registered as a `post_logout_redirect_uri`. Closed at the end. Undefined: nothing
   * is registered, and the browser stays on the server's page.
   */
  readonly redirect: OpenRedirect | undefined;
  /** How long the user can take in the browser, in seconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  openBrowser(address: Secret): Promise<boolean>;
}

/**
 * Ends the session that the browser has with the server (OpenID Connect RP-Initiated Logout 1.0). It counts as ended
 * only when the browser comes back with our `state`. Anything without it is ignored.
 *
 * @returns `opened` if there is no redirect to confirm it, `unsupported` if the server has no end session endpoint.
 * @throws Failure `browser-not-opened`, `logout-unconfirmed`, or the signal's reason.
 */
export async function endSession(request: EndSessionRequest): Promise<'ended' | 'opened' | 'unsupported'> {
  const { connection, redirect, signal } = request;
  const { host } = new URL(connection.client.issuer);
  const { clock } = connection.httpContext;
  const late = (): Failure => new Failure('logout-unconfirmed', { host });
  try {
    return await untilDeadline({ clock, seconds: request.timeout, signal, late }, async () => {
      const { redirectUri, state } = redirect ?? { redirectUri: undefined, state: createState() };
      const logout = createLogoutRequest(connection, { idToken: request.idToken, redirectUri, state });
      if (!logout) return 'unsupported';
      connection.note(new URL(logout.url.reveal()), 'end_session_endpoint');
      if (!(await request.openBrowser(logout.url))) throw new Failure('browser-not-opened', { host });
      if (!redirect) return 'opened';
      checkLogoutResponse(connection, logout, await redirect.response);
      return 'ended';
    });
  } finally {
    redirect?.close();
  }
}
