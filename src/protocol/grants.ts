import * as oauth from 'oauth4webapi';
import type { Secret } from '../platform/secret.ts';
import type { AuthorizationRequest } from './authorizationRequest.ts';
import { checkAuthorizationResponse } from './authorizationResponse.ts';
import type { Connection } from './client.ts';
import { Failure } from './failure.ts';
import type { IdTokenClaims } from './idToken.ts';
import { requestTokens, type Tokens } from './tokens.ts';

/**
 * Exchanges the code of an authorization response for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
 *
 * @throws Failure as {@link checkAuthorizationResponse} (before any request) and {@link requestTokens}.
 */
export async function exchangeAuthorizationCode(
  connection: Connection,
  request: AuthorizationRequest,
  response: URLSearchParams,
): Promise<Tokens> {
  const { server, oauthClient, authenticate, options } = connection;
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
        options,
      ),
    answer =>
      oauth.processAuthorizationCodeResponse(
        server,
        oauthClient,
        answer,
        request.nonce ? { expectedNonce: request.nonce.reveal(), requireIdToken: true } : {},
      ),
  );
}

export interface RefreshOptions {
  /** Fewer scopes than were granted, for a narrower access token (RFC 6749 section 6). */
  readonly scopes?: readonly string[];
  /** Further parameters of the provider's settings. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Whose tokens they must be: a new ID token for anybody else is refused (OpenID Connect Core, 12.2). */
  readonly subject: string | undefined;
}

/**
 * Gets new tokens with a refresh token (RFC 6749 section 6).
 *
 * A refresh token is sent once: whoever calls this has made sure that nobody else sends it, and stores the
 * new one before using the access token. An answer without a refresh token means that the old one stays.
 *
 * @throws Failure as {@link requestTokens}; `token-untrusted` if a new ID token names another subject.
 */
export async function refreshTokens(
  connection: Connection,
  refreshToken: Secret,
  { scopes, parameters, subject }: RefreshOptions,
): Promise<Tokens> {
  const { server, oauthClient, authenticate, options } = connection;
  const additionalParameters = new URLSearchParams(parameters);
  if (scopes) additionalParameters.set('scope', scopes.join(' '));
  const tokens = await requestTokens(
    connection,
    () =>
      oauth.refreshTokenGrantRequest(server, oauthClient, authenticate, refreshToken.reveal(), {
        ...options,
        additionalParameters,
      }),
    answer => oauth.processRefreshTokenResponse(server, oauthClient, answer),
  );
  checkSubject(connection, tokens.idTokenClaims, subject);
  return tokens;
}

function checkSubject(
  connection: Connection,
  claims: IdTokenClaims | undefined,
  subject: string | undefined,
): void {
  if (!claims || subject === undefined || claims.sub === subject) return;
  throw new Failure('token-untrusted', {
    issuer: connection.client.issuer,
    reason: 'it names another person',
  });
}
