import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import type { Connection } from '../client/client.ts';
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

/**
 * Revokes the tokens (RFC 7009): the refresh token first, because most servers then end all tokens issued from it,
 * then the access token.
 *
 * @throws Failure of the HTTP client or as {@link tokenEndpointFailure}: the tokens might still be valid.
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
  const { client, metadata, server, oauthClient, authenticate, options, httpContext } = connection;
  if (!metadata.revocation_endpoint) return 'unsupported';
  const { host } = new URL(metadata.revocation_endpoint);
  const revoke = async (token: Secret, hint: string): Promise<Failure | undefined> => {
    const response = await oauth.revocationRequest(server, oauthClient, authenticate, token.reveal(), {
      ...options,
      additionalParameters: { token_type_hint: hint },
    });
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
