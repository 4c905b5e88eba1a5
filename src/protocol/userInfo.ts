import * as oauth from 'oauth4webapi';
import type { Secret } from '../platform/secret.ts';
import type { Connection } from './client.ts';
import { Failure } from './failure.ts';
import { tokenEndpointFailure } from './tokenEndpoint.ts';

export type UserInfo = Readonly<Record<string, unknown>>;

/**
 * Asks who the person is (OpenID Connect Core 1.0 section 5.3).
 *
 * @returns undefined if the server has no UserInfo endpoint.
 * @throws Failure `token-untrusted` if the answer is about somebody else than `subject`, `response-invalid`,
 * and those of {@link tokenEndpointFailure} and the http client.
 */
export async function requestUserInfo(
  connection: Connection,
  accessToken: Secret,
  subject: string,
): Promise<UserInfo | undefined> {
  const { client, metadata, server, oauthClient, options } = connection;
  if (!metadata.userinfo_endpoint) return undefined;
  const { host } = new URL(metadata.userinfo_endpoint);
  const response = await oauth.userInfoRequest(server, oauthClient, accessToken.reveal(), options);
  const refused = await tokenEndpointFailure(response, host);
  if (refused) throw refused;
  let claims: oauth.UserInfoResponse;
  try {
    claims = await oauth.processUserInfoResponse(server, oauthClient, oauth.skipSubjectCheck, response);
    if (response.headers.get('content-type')?.startsWith('application/jwt')) {
      await oauth.validateApplicationLevelSignature(server, response, options);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('response-invalid', { host, reason: 'it is not a valid UserInfo response' });
  }
  if (claims.sub !== subject) {
    throw new Failure('token-untrusted', { issuer: client.issuer, reason: 'UserInfo names another person' });
  }
  return claims;
}
