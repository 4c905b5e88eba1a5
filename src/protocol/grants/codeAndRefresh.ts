import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import type { AuthorizationRequest } from './authorizationRequest.ts';
import { checkAuthorizationResponse } from './authorizationResponse.ts';
import type { Connection } from '../client/client.ts';
import { requestRefresh, requestTokens, type RefreshAnswer, type Tokens } from '../tokens/tokens.ts';

/**
 * Exchanges the code of an authorization response for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
 *
 * @throws Failure as {@link checkAuthorizationResponse} (before any request) and {@link requestTokens}.
 */
export async function exchangeAuthorizationCode(
  connection: Connection,
  request: AuthorizationRequest,
  response: URLSearchParams,
  further: Readonly<Record<string, string>> = {},
): Promise<Tokens> {
  const { server, oauthClient, authenticate, options } = connection;
  const additionalParameters = new URLSearchParams(further);
  for (const resource of request.tokenResources) additionalParameters.append('resource', resource);
  const parameters = checkAuthorizationResponse(connection, request, response);
  return requestTokens(
    connection,
    () =>
      oauth.authorizationCodeGrantRequest(
        server,
        oauthClient,
        authenticate,
        parameters,
        request.redirectUri,
        request.codeVerifier.reveal(),
        { ...options, additionalParameters },
      ),
    (answer, judging) =>
      oauth.processAuthorizationCodeResponse(server, judging, answer, {
        ...(request.nonce && { expectedNonce: request.nonce.reveal(), requireIdToken: true }),
        ...(request.nonce && request.maxAge !== undefined && { maxAge: request.maxAge }),
      }),
  );
}

export interface RefreshOptions {
  /** Fewer scopes than were granted, for a narrower access token (RFC 6749 section 6). */
  readonly scopes?: readonly string[];
  readonly parameters?: Readonly<Record<string, string>>;
  /** What the access token is for (RFC 8707 section 2.2). */
  readonly resources?: readonly string[];
  /**
   * The user whom the tokens must be for: a new ID token for another user is refused (OpenID Connect Core 1.0 section
   * 12.2).
   */
  readonly subject: string | undefined;
  /** Called right before the request leaves, however long it had to wait. Throws to keep the token from being sent. */
  readonly beforeSending?: (() => void) | undefined;
}

/**
 * Gets new tokens with a refresh token (RFC 6749 section 6).
 *
 * A refresh token is sent once: the caller ensures that no one else sends it. If the response has no refresh token,
 * the old one stays valid.
 *
 * @throws Failure as {@link requestRefresh}, or the error of `beforeSending`.
 */
export async function refreshTokens(
  connection: Connection,
  refreshToken: Secret,
  { scopes, parameters, resources = [], subject, beforeSending }: RefreshOptions,
): Promise<RefreshAnswer> {
  const { client, http, server, oauthClient, authenticate, options } = connection;
  const additionalParameters = new URLSearchParams(parameters);
  if (scopes) additionalParameters.set('scope', scopes.join(client.dialect?.scopeSeparator ?? ' '));
  for (const resource of resources) additionalParameters.append('resource', resource);
  return requestRefresh(
    connection,
    () =>
      oauth.refreshTokenGrantRequest(server, oauthClient, authenticate, refreshToken.reveal(), {
        ...options,
        [oauth.customFetch]: (url, init) => http(url, { ...init, beforeSending }),
        additionalParameters,
      }),
    (answer, judging) => oauth.processRefreshTokenResponse(server, judging, answer),
    subject,
  );
}
