import { l10n } from '../../platform/shown.ts';
import type * as oauth from 'oauth4webapi';
import { secret, type Secret } from '../../platform/secret.ts';
import { secondsNow } from '../../platform/clock.ts';
import { inTimeOf } from '../client/assertionTime.ts';
import { prove, type Connection, type ReceivedTokens } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import { checkIdToken, idTokenFailure, type IdTokenClaims } from './idToken.ts';
import { readIdTokenClaims } from './idTokenForms.ts';
import { parseServerObject, payloadOf } from '../http/json.ts';
import { serverObjectOf } from '../http/jsonResponse.ts';
import { checkSuccess } from '../http/oauthError.ts';
import { clockFor, clockOffset } from '../http/serverTime.ts';
import { isFromIssuer } from '../server/tenantIssuer.ts';
import { isToken, readTokenAnswer, tokenGrammar } from './tokenAnswer.ts';

/** What a token endpoint gave (RFC 6749 section 5.1), checked. */
export interface Tokens {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | undefined;
  readonly idToken: Secret | undefined;
  /** The claims of the ID token, its signature verified. */
  readonly idTokenClaims: IdTokenClaims | undefined;
  /** When the tokens were received, in seconds since the epoch. */
  readonly receivedAt: number;
  /** When the access token expires, in seconds since the epoch. Undefined if the server didn't say. */
  readonly expiresAt: number | undefined;
  /** How far the server's clock was ahead of ours then, in seconds. Undefined if unknown. */
  readonly clockOffset?: number | undefined;
  /** The scopes that the server says it granted. Undefined if it didn't say, which means the requested ones. */
  readonly grantedScopes: readonly string[] | undefined;
  /** Additional properties of the response that the provider's settings keep. */
  readonly kept?: Readonly<Record<string, unknown>>;
}

/** The most scopes that are kept. */
const mostScopes = 1000;

type Send = () => Promise<Response>;
/** @param client with the clock that judges the response. */
type Process = (response: Response, client: oauth.Client) => Promise<oauth.TokenEndpointResponse>;

/** When a response arrived, in seconds since the epoch, and the server's clock then. */
interface Arrival {
  readonly at: number;
  readonly offset: number | undefined;
}

const arrivalOf = (response: Response, { httpContext: { clock } }: Connection): Arrival => ({
  at: secondsNow(clock),
  offset: clockOffset(response, clock),
});

/**
 * Sends a request to the token endpoint and checks the response, including its ID token.
 *
 * @param dispensable if true, an ID token is dropped if the keys to verify it are unavailable.
 * @throws Failure those of {@link tokenEndpointFailure}, of {@link checkIdToken}, of the HTTP client, and
 * `response-invalid`.
 */
export async function requestTokens(
  connection: Connection,
  send: Send,
  process: Process,
  { dispensable = false } = {},
): Promise<Tokens> {
  const response = await prove(connection, tokenEndpointOf(connection), send);
  const arrival = arrivalOf(response, connection);
  await checkSuccess(response, hostOf(connection));
  connection.received.push(...receivedIn((await serverObjectOf(response)) ?? {}));
  return judge(connection, response, process, arrival, dispensable);
}

/** The response to a refresh. */
export interface RefreshAnswer {
  /**
   * If undefined, the old one stays valid. Store a new one before judging the rest of the response: the old one might
   * be invalid from now on.
   */
  readonly refreshToken: Secret | undefined;
  /** True if judging the rest takes a while: the server's keys might have to be requested. */
  readonly takesTime: boolean;
  /**
   * Judges the rest. Drops an invalid ID token: the user is already known.
   *
   * @throws Failure `response-invalid`, `intercepted`: it contains no usable access token.
   */
  judge(): Promise<Tokens>;
}

/**
 * Sends a refresh request. Its response comes in two parts, so an error in it doesn't cost the refresh token.
 *
 * @param subject the user whom the tokens must be for, or undefined if unknown.
 * @throws Failure those of {@link tokenEndpointFailure} and of the HTTP client, or `token-untrusted` for a response
 * about another user or from another issuer (OpenID Connect Core 1.0 section 12.2), which can't be used at all.
 */
export async function requestRefresh(
  connection: Connection,
  send: Send,
  process: Process,
  subject: string | undefined,
): Promise<RefreshAnswer> {
  const response = await prove(connection, tokenEndpointOf(connection), send);
  const arrival = arrivalOf(response, connection);
  await checkSuccess(response, hostOf(connection)).catch((error: unknown) => {
    throw error instanceof Failure ? atRefresh(error) : error;
  });
  const body = (await serverObjectOf(response)) ?? {};
  const { refresh_token: refreshToken, id_token: idToken, ...rest } = body;
  if (typeof idToken === 'string') refuseStranger(connection, idToken, subject);
  return {
    refreshToken: isToken('refresh_token', refreshToken) ? secret(refreshToken) : undefined,
    takesTime: typeof idToken === 'string',
    async judge() {
      try {
        return await judge(connection, response, process, arrival);
      } catch (error) {
        if (typeof idToken !== 'string') throw error;
        const text = JSON.stringify({ ...rest, refresh_token: refreshToken });
        const tokens = await judge(connection, new Response(text, response), process, arrival);
        const failure = error instanceof Failure ? error.code : 'unknown';
        connection.httpContext.log.warn('ID token left out', { failure });
        return tokens;
      }
    },
  };
}

/** What a refusal means of a client that was good enough for the sign-in. */
function atRefresh(failure: Failure): Failure {
  const { code, status, oauthError } = failure;
  const { host = '', error = '', said = '' } = failure.details;
  // Some servers return this for a refresh token that they no longer know.
  if (oauthError === 'unauthorized_client')
    return new Failure('grant-refused', { host, error, said }, { oauthError });
  const isUnexplained = oauthError === undefined && (code === 'grant-refused' || code === 'client-refused');
  return isUnexplained ? new Failure('unexplained', { host, status: status ?? error, said }) : failure;
}

/** Refuses a response whose ID token, verifiable or not, is about another user. */
function refuseStranger(connection: Connection, idToken: string, subject: string | undefined): void {
  const { client, metadata } = connection;
  const { iss, sub } = readIdTokenClaims(parseServerObject(payloadOf(idToken)) ?? {}, () => undefined);
  const untrusted = (reason: string): Failure =>
    new Failure('token-untrusted', { issuer: client.issuer, reason });
  if (typeof iss === 'string' && !isFromIssuer(metadata.issuer, iss, client.policy.allowedTenants))
    throw untrusted(l10n.t('its "{0}" claim has the wrong value', 'iss'));
  if (subject !== undefined && typeof sub === 'string' && sub !== subject)
    throw untrusted(l10n.t('it names another user'));
}

const tokenEndpointOf = ({ client, metadata }: Connection): string =>
  metadata.token_endpoint ?? client.issuer;

const hostOf = (connection: Connection): string => new URL(tokenEndpointOf(connection)).host;

/** Checks a success and takes the tokens from it. */
async function judge(
  connection: Connection,
  response: Response,
  process: Process,
  { at: receivedAt, offset }: Arrival,
  dispensable = false,
): Promise<Tokens> {
  const { client, httpContext, oauthClient } = connection;
  const note = httpContext.blemishes.at(client.issuer);
  const serverTime = receivedAt + (offset ?? 0);
  const read = await readTokenAnswer(response, hostOf(connection), note, {
    serverTime,
    binds: client.proofKey?.binds,
    boundTo: connection.boundTo,
  });
  const { standard, lifetime, idToken = '' } = read;
  const ahead = clockFor(offset, parseServerObject(payloadOf(idToken)) ?? {}, httpContext.clock);
  let answer: oauth.TokenEndpointResponse;
  try {
    answer = await process(standard, inTimeOf(oauthClient, ahead));
  } catch (error) {
    throw idTokenFailure(connection, error, response);
  }
  const now = secondsNow(httpContext.clock) + ahead;
  const checked = checkIdToken(connection, { response: standard, answer, idToken }, now);
  const idTokenClaims = await checked.catch((error: unknown) => {
    if (!dispensable || !(error instanceof Failure) || !error.passing) throw error;
    httpContext.log.warn('ID token left out', { failure: error.code });
    return undefined;
  });
  return {
    accessToken: secret(answer.access_token),
    refreshToken: secret(answer.refresh_token),
    idToken: idTokenClaims && secret(idToken),
    idTokenClaims,
    receivedAt,
    expiresAt: lifetime === undefined ? undefined : receivedAt + lifetime,
    clockOffset: offset,
    grantedScopes: answer.scope === undefined ? undefined : scopesOf(answer.scope),
    kept: keptMembers(answer, client.dialect?.keep ?? []),
  };
}

/** Extracts the tokens in a response that isn't judged yet. */
function receivedIn(body: Readonly<Record<string, unknown>>): ReceivedTokens[] {
  const tokenOf = (name: 'access_token' | 'refresh_token'): string | undefined => {
    const value = body[name];
    return isToken(name, value) ? value : undefined;
  };
  const accessToken = tokenOf('access_token');
  return accessToken === undefined
    ? []
    : [{ accessToken: secret(accessToken), refreshToken: secret(tokenOf('refresh_token')) }];
}

/** Short and plain: they end up among the claims. */
const keptMembers = (
  answer: oauth.TokenEndpointResponse,
  names: readonly string[],
): Record<string, unknown> => {
  const isKept = (value: unknown): boolean =>
    (typeof value === 'string' && value.length <= 2000) ||
    typeof value === 'number' ||
    typeof value === 'boolean';
  return Object.fromEntries(
    names
      .filter(
        name => !Object.hasOwn(tokenGrammar, name) && Object.hasOwn(answer, name) && isKept(answer[name]),
      )
      .map(name => [name, answer[name]]),
  );
};

/** Splits a list of scopes. Drops invalid ones (RFC 6749 section 3.3), which can't have been requested. */
const scopesOf = (list: string): string[] =>
  list
    .split(' ')
    .filter(scope => /^[\x21\x23-\x5B\x5D-\x7E]{1,1000}$/.test(scope))
    .slice(0, mostScopes);
