import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import { prove, type Connection } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import { looksLikePage } from '../http/json.ts';
import { tokenEndpointFailure } from '../http/oauthError.ts';
import { textOf } from '../http/serverText.ts';

/** `unsupported`: the server has no revocation endpoint, so its tokens live until they expire. */
export type Revocation = 'revoked' | 'unsupported';

/** The body of a success means nothing (RFC 7009 section 2.2). But an HTML page comes from another server. */
const portal = async (response: Response, host: string): Promise<Failure | undefined> =>
  looksLikePage(await textOf(response))
    ? new Failure('intercepted', { host, status: response.status })
    : undefined;

/** Keycloak refuses the proof with each token that isn't bound itself, such as a bearer token beside a bound one. */
function unproved(error: unknown): Failure {
  if (error instanceof Failure && error.code === 'proof-refused') return error;
  throw error;
}

/** Proves the key, if there is one: Keycloak's FAPI 2.0 profile for DPoP demands that here, too. */
function send(
  { server, oauthClient, authenticate, options, proofs }: Connection,
  endpoint: string,
  token: Secret,
  hint: string,
): Promise<Response> {
  const parameters = { token: token.reveal(), token_type_hint: hint };
  if (!proofs) {
    const { token: revealed, ...additionalParameters } = parameters;
    return oauth.revocationRequest(server, oauthClient, authenticate, revealed, {
      ...options,
      additionalParameters,
    });
  }
  // The library makes no proofs for a revocation. This request differs only by a `client_id` in the body.
  const there = { ...server, pushed_authorization_request_endpoint: endpoint };
  const body = new URLSearchParams(parameters);
  return oauth.pushedAuthorizationRequest(there, oauthClient, authenticate, body, options);
}

/**
 * Revokes the tokens (RFC 7009): the refresh token first, because most servers then end all tokens issued from it,
 * then the access token.
 *
 * @throws Failure of the HTTP client, or as {@link tokenEndpointFailure} and {@link prove}: the tokens might still be
 * valid.
 */
export async function revokeTokens(
  connection: Connection,
  tokens: {
    readonly refreshToken: Secret | undefined;
    readonly accessToken: Secret;
    /** Further access tokens that the refresh token gave. */
    readonly derived?: readonly Secret[];
  },
): Promise<Revocation> {
  const { client, metadata, httpContext } = connection;
  const { revocation_endpoint: endpoint } = metadata;
  if (!endpoint) return 'unsupported';
  const { host } = new URL(endpoint);
  const revoke = async (token: Secret, hint: string): Promise<Failure | undefined> => {
    const response = await prove(connection, endpoint, () => send(connection, endpoint, token, hint)).catch(
      unproved,
    );
    if (response instanceof Failure) return response;
    const refused = (await tokenEndpointFailure(response, host)) ?? (await portal(response, host));
    // A server need not be able to revoke every kind of token: signed access tokens, for example, just end.
    const unable =
      refused?.code === 'request-refused' && refused.details['error'] === 'unsupported_token_type';
    return unable ? undefined : refused;
  };
  if (tokens.refreshToken) {
    const refused = await revoke(tokens.refreshToken, 'refresh_token');
    if (refused) throw refused;
  }
  for (const token of [tokens.accessToken, ...(tokens.derived ?? [])]) {
    const refused = await revoke(token, 'access_token');
    if (!refused) continue;
    // Many servers end it together with the refresh token, and then no longer know it.
    if (!tokens.refreshToken || refused.passing) throw refused;
    httpContext.blemishes.at(client.issuer)('revocation.gone', 'token');
  }
  return 'revoked';
}
