import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import { clockTolerance, secondsNow } from '../../platform/clock.ts';
import type { Secret } from '../../platform/secret.ts';
import { base64urlOf, textFromBase64url } from '../../platform/base64url.ts';
import { inTimeOf } from '../client/assertionTime.ts';
import type { Connection } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import { parseServerJson, parseServerObject, payloadOf } from '../http/json.ts';
import { clockOffset } from '../http/serverTime.ts';
import { readIdTokenClaims } from './idTokenForms.ts';
import { verifySignature } from './keys.ts';
import { quoteServerText } from '../http/serverText.ts';

/** The claims of a verified ID token (OpenID Connect Core 1.0 section 2). */
export type IdTokenClaims = Readonly<oauth.IDToken>;

/** The longest `sub`, in characters (OpenID Connect Core 1.0 section 2). */
const longestSubject = 255;

/** A response that the library has processed. */
export interface ProcessedAnswer {
  readonly response: Response;
  readonly answer: oauth.TokenEndpointResponse;
  /** As the server signed it. The one in `answer` has the types that the library accepts. */
  readonly idToken: string;
}

/**
 * Verifies the signature of the ID token in a response that the library has processed, and what the library doesn't
 * check: `at_hash`, an `iat` in the future, an `azp` that isn't us, audiences that aren't trusted, and that its
 * claims are harmless.
 *
 * @param now by the clock that judges it, in seconds since the epoch.
 * @returns undefined if the response has no ID token.
 * @throws Failure `token-untrusted`, `clock-differs`, or, if the keys to verify it are unavailable, those of the HTTP
 * client and of the server's response.
 */
export async function checkIdToken(
  connection: Connection,
  { response, answer, idToken }: ProcessedAnswer,
  now: number,
): Promise<IdTokenClaims | undefined> {
  const written = oauth.getValidatedIdTokenClaims(answer);
  if (!written || answer.id_token === undefined) return undefined;
  const note = connection.httpContext.blemishes.at(connection.client.issuer);
  const claims = readIdTokenClaims(written, note) as IdTokenClaims;
  // Checks that need no request come first: keys are only requested if the rest is valid.
  checkClaims(connection, response, idToken, claims, now);
  try {
    const isAsSigned = answer.id_token === idToken;
    const signed = isAsSigned ? response : await takenIn(connection, idToken, now);
    await verifySignature(connection, signed);
  } catch (error) {
    throw idTokenFailure(connection, error, response);
  }
  if (isGiven(claims['at_hash']) && claims['at_hash'] !== (await accessTokenHash(answer))) {
    throw untrusted(connection, l10n.t('it belongs to another access token'));
  }
  return claims;
}

/**
 * Makes the library take in an ID token for {@link verifySignature} whose claims it has checked in another form. What
 * differs isn't judged in a UserInfo response, or only later.
 */
async function takenIn(
  { server, oauthClient, httpContext }: Connection,
  idToken: string,
  now: number,
): Promise<Response> {
  const client = inTimeOf(oauthClient, now - secondsNow(httpContext.clock));
  const response = new Response(idToken, { headers: { 'content-type': 'application/jwt' } });
  const { alg } = JSON.parse(textFromBase64url(idToken.split('.')[0] ?? '')) as { alg: string };
  const signing = { ...server, userinfo_signing_alg_values_supported: [alg] };
  // If it isn't taken in, there is nothing whose signature could be verified, and that fails.
  await oauth
    .processUserInfoResponse(signing, client, oauth.skipSubjectCheck, response)
    .catch(() => undefined);
  return response;
}

/** The claims of an ID token that was verified when it came, and has been kept here since. */
export function claimsOfVerified(idToken: Secret): IdTokenClaims | undefined {
  // What was wrong with it was recorded when it came.
  const claims = readIdTokenClaims(parseServerObject(payloadOf(idToken.reveal())) ?? {}, () => undefined);
  return typeof claims['sub'] === 'string' ? (claims as IdTokenClaims) : undefined;
}

/** False for null and an empty string, which some servers write for an absent claim. */
const isGiven = (claim: unknown): boolean => claim !== undefined && claim !== null && claim !== '';

function checkClaims(
  connection: Connection,
  response: Response,
  idToken: string,
  claims: IdTokenClaims,
  now: number,
): void {
  if (claims.iat > now + clockTolerance) {
    throw (
      clockFailure(connection, response, claims.iat) ??
      untrusted(connection, l10n.t('it was issued in the future'))
    );
  }
  const { id, trustedAudiences = [] } = connection.client;
  if (isGiven(claims.azp) && claims.azp !== id) {
    throw untrusted(connection, l10n.t('it was issued to another client'));
  }
  // Another audience could pass the token on as its own (OpenID Connect Core 1.0 section 3.1.3.7).
  const audiences = typeof claims.aud === 'string' ? [claims.aud] : claims.aud;
  const stranger = audiences.find(audience => audience !== id && !trustedAudiences.includes(audience));
  if (stranger !== undefined) {
    const name = quoteServerText(stranger) ?? l10n.t('another audience');
    throw untrusted(connection, l10n.t('it is also meant for {0}, which isn’t in "trustedAudiences"', name));
  }
  // Control and invisible characters would make two accounts look like one.
  if (claims.sub.length > longestSubject || /[\p{Cc}\p{Cf}]/u.test(claims.sub)) {
    throw untrusted(connection, l10n.t('its "sub" claim isn’t a usable identifier'));
  }
  const payload = parseServerJson(payloadOf(idToken));
  if (payload.kind === 'refused') throw untrusted(connection, l10n.t('it {0}', payload.reason));
}

/** The left half of the access token's hash, by the ID token's algorithm (OpenID Connect Core, 3.1.3.6). */
async function accessTokenHash(answer: oauth.TokenEndpointResponse): Promise<string> {
  const header = JSON.parse(textFromBase64url(answer.id_token?.split('.')[0] ?? '')) as { alg: string };
  // Ed25519 hashes with SHA-512 itself. The other algorithms name their hash's length.
  const bits = /(256|384|512)$/.exec(header.alg)?.[1];
  const hash = header.alg.startsWith('Ed') || bits === undefined ? 'SHA-512' : `SHA-${bits}`;
  const digest = new Uint8Array(
    await crypto.subtle.digest(hash, new TextEncoder().encode(answer.access_token)),
  );
  return base64urlOf(digest.slice(0, digest.length / 2));
}

/** Converts the library's error about a token response to a failure. Its text and cause stay here. */
export function idTokenFailure(connection: Connection, error: unknown, response: Response): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof oauth.OperationProcessingError) {
    const claim = claimOf(error);
    switch (error.code) {
      case oauth.JWT_TIMESTAMP_CHECK:
        return (
          clockFailure(connection, response, issuedAtOf(error)) ??
          untrusted(connection, l10n.t('its "{0}" time has passed', claim ?? 'exp'))
        );
      case oauth.JWT_CLAIM_COMPARISON:
        return untrusted(connection, l10n.t('its "{0}" claim has the wrong value', claim ?? 'unknown'));
      case oauth.KEY_SELECTION:
        return untrusted(connection, l10n.t('none of the provider’s keys matches it, or more than one does'));
      case oauth.INVALID_RESPONSE:
      case oauth.PARSE_ERROR:
        return untrusted(connection, reasonOf(error.message));
      case undefined:
      default:
    }
  }
  if (error instanceof oauth.UnsupportedOperationError) {
    return untrusted(connection, l10n.t('its signature or encryption isn’t supported'));
  }
  return untrusted(connection, l10n.t('it is malformed'));
}

const untrusted = (connection: Connection, reason: string): Failure =>
  new Failure('token-untrusted', { issuer: connection.client.issuer, reason });

function claimOf(error: Error): string | undefined {
  const cause = error.cause as { claim?: unknown } | undefined;
  return typeof cause?.claim === 'string' && /^\w{1,20}$/.test(cause.claim) ? cause.claim : undefined;
}

/** A token that has just come was issued just now, by the clock of the server. */
function issuedAtOf(error: Error): number | undefined {
  const { claims } = (error.cause ?? {}) as { claims?: { iat?: unknown } };
  return typeof claims?.iat === 'number' ? claims.iat : undefined;
}

/** The library's messages are constant, except for claim names. Only those are extracted. */
function reasonOf(message: string): string {
  const claim = /"(\w+)" \([^")]+\) claim (\w+)/.exec(message);
  if (claim)
    return claim[2] === 'missing'
      ? l10n.t('its "{0}" claim is missing', claim[1] ?? '')
      : l10n.t('its "{0}" claim is wrong', claim[1] ?? '');
  if (message.includes('signature')) return l10n.t('its signature is wrong');
  if (message.includes('"alg"')) return l10n.t('its signature algorithm isn’t accepted');
  if (message.includes('"id_token"')) return l10n.t('the response doesn’t include one');
  return l10n.t('it is malformed');
}

/** If the server doesn't send its time, or can't be believed, our clock might be wrong. */
function clockFailure(
  connection: Connection,
  response: Response,
  issuedAt: number | undefined,
): Failure | undefined {
  const { clock } = connection.httpContext;
  if (clockOffset(response, clock) !== undefined) return undefined;
  const date = Date.parse(response.headers.get('date') ?? '');
  const theirs = Number.isNaN(date) ? issuedAt : date / 1000;
  if (theirs === undefined) return undefined;
  const difference = Math.abs(theirs - secondsNow(clock));
  if (difference <= clockTolerance) return undefined;
  const { host } = new URL(connection.client.issuer);
  return new Failure('clock-differs', { host, minutes: Math.max(1, Math.round(difference / 60)) });
}
