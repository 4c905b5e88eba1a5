import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import type { Connection } from '../client/client.ts';
import { tokenEndpointFailure } from '../http/oauthError.ts';

/** `unsupported`: the server has no revocation endpoint, so that its tokens live until they end. */
export type Revocation = 'revoked' | 'unsupported';

/**
 * Tells the server that the tokens are no longer needed (RFC 7009): the refresh token first, as most servers
 * end everything that came from it; then the access token.
 *
 * @throws Failure of the http client or as {@link tokenEndpointFailure}: the tokens may still be valid.
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
  const { metadata, server, oauthClient, authenticate, options } = connection;
  if (!metadata.revocation_endpoint) return 'unsupported';
  const { host } = new URL(metadata.revocation_endpoint);
  const revoke = async (token: Secret, hint: string): Promise<void> => {
    const response = await oauth.revocationRequest(server, oauthClient, authenticate, token.reveal(), {
      ...options,
      additionalParameters: { token_type_hint: hint },
    });
    const refused = await tokenEndpointFailure(response, host);
    // A server need not be able to revoke every kind of token: signed access tokens, for example, just end.
    const unable =
      refused?.code === 'request-refused' && refused.details['error'] === 'unsupported_token_type';
    if (refused && !unable) throw refused;
  };
  if (tokens.refreshToken) await revoke(tokens.refreshToken, 'refresh_token');
  for (const token of [tokens.accessToken, ...(tokens.derived ?? [])]) await revoke(token, 'access_token');
  return 'revoked';
}
