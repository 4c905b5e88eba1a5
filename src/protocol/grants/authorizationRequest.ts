import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import { Secret } from '../../platform/secret.ts';
import type { Connection } from '../client/client.ts';
import { setScopes } from '../server/dialect.ts';
import { Failure } from '../failures/failure.ts';
import { pushAuthorizationRequest } from './pushedAuthorization.ts';

/**
 * One authorization request (RFC 6749 section 4.1.1, with PKCE S256 of RFC 7636 and the nonce of OpenID
 * Connect Core). Its `state`, verifier and nonce belong to this request alone.
 */
export interface AuthorizationRequest {
  /** The URL to open in the browser. It contains the state: never log it. */
  readonly url: Secret;
  readonly state: Secret;
  readonly codeVerifier: Secret;
  /** Undefined if no ID token was asked for. */
  readonly nonce: Secret | undefined;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Sent with the exchange of the code: what the first access token is for (RFC 8707 section 2.2). */
  readonly tokenResources: readonly string[];
  /** The maximum age of the server's sign-in, in seconds. Checked against the ID token. */
  readonly maxAge: number | undefined;
}

export interface AuthorizationRequestOptions {
  readonly state: Secret;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Whom to sign in, if known: `login_hint`. */
  readonly loginHint?: string | undefined;
  /** What access tokens are wanted for (RFC 8707 section 2.1). */
  readonly resources?: readonly string[];
  /** The resources that the first access token is for. Defaults to all of them. */
  readonly tokenResources?: readonly string[];
  /** `max_age`, in seconds (OpenID Connect Core 1.0 section 3.1.2.1). */
  readonly maxAge?: number | undefined;
  /** Additional parameters from the provider's settings. They can't replace those of the protocol. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/** A fresh `state`: 256 random bits, base64url. */
export const createState = (): Secret => new Secret(oauth.generateRandomState());

/**
 * Creates a request, and pushes it to the server first if supported (RFC 9126).
 *
 * @throws Failure `method-unsupported` if the server has no authorization endpoint, or as {@link
 * pushAuthorizationRequest}.
 */
export async function createAuthorizationRequest(
  connection: Connection,
  options: AuthorizationRequestOptions,
): Promise<AuthorizationRequest> {
  const { state, redirectUri, scopes, loginHint, resources = [], maxAge, parameters } = options;
  const { tokenResources = resources } = options;
  const { metadata, client, proofs } = connection;
  if (!metadata.authorization_endpoint || !metadata.token_endpoint) {
    const missing = metadata.authorization_endpoint
      ? l10n.t('a token endpoint')
      : l10n.t('an authorization endpoint');
    throw new Failure('method-unsupported', { issuer: client.issuer, missing });
  }
  const codeVerifier = new Secret(oauth.generateRandomCodeVerifier());
  const nonce = scopes.includes('openid') ? new Secret(oauth.generateRandomNonce()) : undefined;

  const query = new URLSearchParams(parameters);
  query.set('response_type', 'code');
  query.set('client_id', client.id);
  query.set('redirect_uri', redirectUri);
  setScopes(query, scopes, client.dialect ?? {});
  query.set('state', state.reveal());
  query.set('code_challenge', await oauth.calculatePKCECodeChallenge(codeVerifier.reveal()));
  query.set('code_challenge_method', 'S256');
  if (nonce) query.set('nonce', nonce.reveal());
  if (loginHint !== undefined) query.set('login_hint', loginHint);
  if (maxAge !== undefined) query.set('max_age', String(maxAge));
  for (const resource of resources) query.append('resource', resource);
  // The code is of no use without the key, either (RFC 9449 section 10).
  if (proofs) query.set('dpop_jkt', await proofs.handle.calculateThumbprint());

  const requestUri = await pushAuthorizationRequest(connection, query);
  const sent =
    requestUri === undefined ? query : new URLSearchParams({ client_id: client.id, request_uri: requestUri });
  const url = addressWith(metadata.authorization_endpoint, sent);
  return { url, state, codeVerifier, nonce, redirectUri, scopes, tokenResources, maxAge };
}

/** Adds these parameters to the endpoint, and keeps its other query parameters (RFC 6749 section 3.1). */
function addressWith(endpoint: string, parameters: URLSearchParams): Secret {
  const url = new URL(endpoint);
  const query = new URLSearchParams(url.search);
  for (const name of new Set(parameters.keys())) query.delete(name);
  for (const [name, value] of parameters) query.append(name, value);
  // Encodes spaces as %20: unlike "+", every server and proxy reads it alike.
  url.search = query.toString().replaceAll('+', '%20');
  return new Secret(url.href);
}
