import * as oauth from 'oauth4webapi';
import { secret, type Secret } from '../platform/secret.ts';
import { secondsNow } from '../platform/clock.ts';
import type { Connection } from './client.ts';
import { Failure } from './failure.ts';
import { checkIdToken, idTokenFailure, type IdTokenClaims } from './idToken.ts';
import { tokenEndpointFailure } from './tokenEndpoint.ts';

/** What a token endpoint gave (RFC 6749 section 5.1), checked. */
export interface Tokens {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | undefined;
  readonly idToken: Secret | undefined;
  /** The claims of the ID token, its signature verified. */
  readonly idTokenClaims: IdTokenClaims | undefined;
  /** When the tokens were received, in seconds since the epoch. */
  readonly receivedAt: number;
  /** When the access token ends, in seconds since the epoch; undefined if the server did not say. */
  readonly expiresAt: number | undefined;
  /** The scopes the server says it granted; undefined if it did not say, which means: those asked for. */
  readonly grantedScopes: readonly string[] | undefined;
}

type Send = () => Promise<Response>;
type Process = (response: Response) => Promise<oauth.TokenEndpointResponse>;

/**
 * Sends a request to the token endpoint and checks the answer, the ID token in it included.
 *
 * @throws Failure those of {@link tokenEndpointFailure}, of {@link idTokenFailure}, of the http client, and
 * `response-invalid`.
 */
export async function requestTokens(connection: Connection, send: Send, process: Process): Promise<Tokens> {
  const { client, metadata, wire } = connection;
  const host = new URL(metadata.token_endpoint ?? client.issuer).host;
  const response = await send();
  const refused = await tokenEndpointFailure(response, host);
  if (refused) throw refused;
  await checkSuccess(response, host);

  let answer: oauth.TokenEndpointResponse;
  try {
    answer = await process(response);
  } catch (error) {
    throw idTokenFailure(connection, error, response);
  }
  const idTokenClaims = await checkIdToken(connection, response, answer);
  const receivedAt = secondsNow(wire.clock);
  return {
    accessToken: secret(answer.access_token),
    refreshToken: secret(answer.refresh_token),
    idToken: secret(answer.id_token),
    idTokenClaims,
    receivedAt,
    expiresAt: answer.expires_in === undefined ? undefined : receivedAt + answer.expires_in,
    grantedScopes: answer.scope?.split(' ').filter(scope => scope !== ''),
  };
}

/** What the library would refuse with an error that repeats the body. */
async function checkSuccess(response: Response, host: string): Promise<void> {
  const invalid = (reason: string): Failure => new Failure('response-invalid', { host, reason });
  const text = await response.clone().text();
  if (/^\s*</.test(text)) throw new Failure('intercepted', { host, status: response.status });
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw invalid('it is not JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('it is not a JSON object');
  if ('error' in body) throw invalid('it is an error with the status of a success');
  const type = 'token_type' in body ? body.token_type : undefined;
  if (typeof type !== 'string') throw invalid('the token type is missing');
  if (type.toLowerCase() !== 'bearer') throw invalid('the token type is not Bearer');
  if (!('access_token' in body) || typeof body.access_token !== 'string' || body.access_token === '') {
    throw invalid('there is no access token in it');
  }
}
