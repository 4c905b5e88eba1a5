import { secret, type Secret } from '../../platform/secret.ts';
import type { Connection } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';

/** One request to end the session that a browser has at the server (OpenID Connect RP-Initiated Logout 1.0). */
export interface LogoutRequest {
  /** The URL to open in the browser. It contains the ID token and the state: never log it. */
  readonly url: Secret;
  readonly state: Secret;
}

/**
 * @param idToken the ID token of the sign-in, by which the server knows which session is meant.
 * @returns undefined if the server has no end session endpoint.
 */
export function createLogoutRequest(
  { client, metadata }: Connection,
  options: {
    readonly idToken: Secret | undefined;
    /** Undefined: the browser stays at the server, and nothing tells that the session has ended. */
    readonly redirectUri: string | undefined;
    readonly state: Secret;
  },
): LogoutRequest | undefined {
  if (!metadata.end_session_endpoint) return undefined;
  const url = new URL(metadata.end_session_endpoint);
  const query = new URLSearchParams(url.search);
  query.set('client_id', client.id);
  if (options.idToken) query.set('id_token_hint', options.idToken.reveal());
  if (options.redirectUri !== undefined) {
    query.set('post_logout_redirect_uri', options.redirectUri);
    query.set('state', options.state.reveal());
  }
  url.search = query.toString().replaceAll('+', '%20');
  return { url: secret(url.href), state: options.state };
}

/**
 * Checks what the browser came back with (section 3). Without our `state` it says nothing: any page can send
 * the browser there.
 *
 * @throws Failure `logout-unconfirmed`
 */
export function checkLogoutResponse(
  { client }: Connection,
  request: LogoutRequest,
  parameters: URLSearchParams,
): void {
  const [state, ...more] = parameters.getAll('state');
  if (state !== request.state.reveal() || more.length > 0 || parameters.has('error')) {
    throw new Failure('logout-unconfirmed', { host: new URL(client.issuer).host });
  }
}
