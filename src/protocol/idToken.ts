import * as oauth from 'oauth4webapi';
import { secondsNow } from '../platform/clock.ts';
import { clockTolerance, withFreshKeys, type Connection } from './client.ts';
import { Failure } from './failure.ts';

/** The claims of a verified ID token (OpenID Connect Core 1.0 section 2). */
export type IdTokenClaims = Readonly<oauth.IDToken>;

/**
 * Verifies the signature of the ID token of an answer that the library has processed, and what the library
 * leaves open: `at_hash`, an `iat` in the future, an `azp` that is not us.
 *
 * @returns undefined if the answer has no ID token.
 * @throws Failure `token-untrusted`, `clock-differs`, or those of the http client.
 */
export async function checkIdToken(
  connection: Connection,
  response: Response,
  answer: oauth.TokenEndpointResponse,
): Promise<IdTokenClaims | undefined> {
  const claims = oauth.getValidatedIdTokenClaims(answer);
  if (!claims || answer.id_token === undefined) return undefined;
  await verifySignature(connection, response);

  if (claims.iat > secondsNow(connection.wire.clock) + clockTolerance) {
    throw (
      clockFailure(connection, response, claims.iat) ?? untrusted(connection, 'it was issued in the future')
    );
  }
  if (claims.azp !== undefined && claims.azp !== connection.client.id) {
    throw untrusted(connection, 'it was issued to another client');
  }
  if (claims['at_hash'] !== undefined && claims['at_hash'] !== (await accessTokenHash(answer))) {
    throw untrusted(connection, 'it belongs to another access token');
  }
  return claims;
}

/** Verifies the signature; once more with keys asked for anew, in case the server has changed its keys. */
async function verifySignature(connection: Connection, response: Response): Promise<void> {
  if (!connection.metadata.jwks_uri)
    throw untrusted(connection, 'the provider publishes no keys to check it with');
  try {
    await oauth.validateApplicationLevelSignature(connection.server, response, connection.options);
  } catch (error) {
    if (!(error instanceof oauth.OperationProcessingError) || error.code !== oauth.KEY_SELECTION) {
      throw idTokenFailure(connection, error, response);
    }
    const fresh = withFreshKeys(connection);
    try {
      await oauth.validateApplicationLevelSignature(fresh.server, response, fresh.options);
    } catch (again) {
      throw idTokenFailure(connection, again, response);
    }
  }
}

/** The left half of the access token's hash, by the ID token's algorithm (OpenID Connect Core, 3.1.3.6). */
async function accessTokenHash(answer: oauth.TokenEndpointResponse): Promise<string> {
  const header = JSON.parse(atob(base64(answer.id_token?.split('.')[0] ?? ''))) as { alg: string };
  // Ed25519 hashes with SHA-512 itself; the others name their hash's length.
  const bits = /(256|384|512)$/.exec(header.alg)?.[1];
  const hash = header.alg.startsWith('Ed') || bits === undefined ? 'SHA-512' : `SHA-${bits}`;
  const digest = new Uint8Array(
    await crypto.subtle.digest(hash, new TextEncoder().encode(answer.access_token)),
  );
  const half = String.fromCharCode(...digest.slice(0, digest.length / 2));
  return btoa(half).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const base64 = (base64url: string): string => base64url.replaceAll('-', '+').replaceAll('_', '/');

/** Makes a typed failure of what the library threw about a token answer. Its text and cause stay here. */
export function idTokenFailure(connection: Connection, error: unknown, response: Response): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof oauth.OperationProcessingError) {
    const claim = claimOf(error);
    switch (error.code) {
      case oauth.JWT_TIMESTAMP_CHECK:
        return (
          clockFailure(connection, response) ?? untrusted(connection, `its "${claim ?? 'exp'}" time is past`)
        );
      case oauth.JWT_CLAIM_COMPARISON:
        return untrusted(connection, `its claim "${claim ?? 'unknown'}" is not what it must be`);
      case oauth.KEY_SELECTION:
        return untrusted(connection, 'none of the keys of the provider, or more than one, fits it');
      case oauth.INVALID_RESPONSE:
      case oauth.PARSE_ERROR:
        return untrusted(connection, reasonOf(error.message));
      default:
    }
  }
  if (error instanceof oauth.UnsupportedOperationError) {
    return untrusted(connection, 'it is signed or encrypted in a way that is not accepted');
  }
  return untrusted(connection, 'it is malformed');
}

const untrusted = (connection: Connection, reason: string): Failure =>
  new Failure('token-untrusted', { issuer: connection.client.issuer, reason });

function claimOf(error: Error): string | undefined {
  const cause = error.cause as { claim?: unknown } | undefined;
  return typeof cause?.claim === 'string' && /^\w{1,20}$/.test(cause.claim) ? cause.claim : undefined;
}

/** The library's messages are constant, but for names of claims; only those are taken from them. */
function reasonOf(message: string): string {
  const claim = /"(\w{1,20})" \([\w -]+\) claim (missing|type|value)/.exec(message);
  if (claim)
    return claim[2] === 'missing' ? `its claim "${claim[1]}" is missing` : `its claim "${claim[1]}" is wrong`;
  if (message.includes('signature')) return 'its signature is wrong';
  if (message.includes('"alg"')) return 'its signature algorithm is not accepted';
  if (message.includes('"id_token"')) return 'there is none in the answer';
  return 'it is malformed';
}

/** If the server's `Date` and our clock differ by more than is tolerated, that is what is wrong. */
function clockFailure(connection: Connection, response: Response, issuedAt?: number): Failure | undefined {
  const date = Date.parse(response.headers.get('date') ?? '');
  const theirs = Number.isNaN(date) ? issuedAt : date / 1000;
  if (theirs === undefined) return undefined;
  const difference = Math.abs(theirs - secondsNow(connection.wire.clock));
  if (difference <= clockTolerance) return undefined;
  const { host } = new URL(connection.client.issuer);
  return new Failure('clock-differs', { host, minutes: Math.max(1, Math.round(difference / 60)) });
}
