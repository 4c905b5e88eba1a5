import * as l10n from '@vscode/l10n';
import * as oauth from 'oauth4webapi';
import { secret, type Secret } from '../../platform/secret.ts';
import { secondsNow } from '../../platform/clock.ts';
import type { Connection, ReceivedTokens } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import { checkIdToken, idTokenFailure, type IdTokenClaims } from './idToken.ts';
import { isObject, parseServerObject } from '../http/json.ts';
import { jsonIn } from '../http/jsonResponse.ts';
import { checkSuccess } from '../http/oauthError.ts';

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
  /** Further members of the answer that the provider is set to keep. */
  readonly kept?: Readonly<Record<string, unknown>>;
}

/** The longest token that is taken, in characters. A header of a request seldom holds more than 16,000. */
export const longestToken = 64 * 1024;

/** The longest lifetime that is believed, in seconds: a hundred years. Above it, dates cannot be reckoned. */
const longestLifetime = 100 * 365 * 86_400;

/** The most scopes that are kept. */
const mostScopes = 1000;

type Send = () => Promise<Response>;
type Process = (response: Response) => Promise<oauth.TokenEndpointResponse>;

/** What an ID token must be beyond what every one must be. */
export interface IdTokenExpectation {
  /** Throws if the claims are not about whom they must be. */
  check(claims: IdTokenClaims): void;
  /**
   * True: an ID token is left out if the keys to verify it with cannot be had now. That is for a refresh only,
   * whose tokens must not be lost, and whose subject is known already.
   */
  readonly dispensable: boolean;
}

/**
 * Sends a request to the token endpoint and checks the answer, the ID token in it included.
 *
 * @throws Failure those of {@link tokenEndpointFailure}, of {@link checkIdToken}, of the http client, and
 * `response-invalid`.
 */
export async function requestTokens(
  connection: Connection,
  send: Send,
  process: Process,
  expectation?: IdTokenExpectation,
): Promise<Tokens> {
  const { client, metadata, httpContext } = connection;
  const host = new URL(metadata.token_endpoint ?? client.issuer).host;
  const response = await send();
  await checkSuccess(response, host);
  connection.received.push(...receivedIn(await response.clone().text()));
  const lifetime = await checkTokens(response, host);

  let answer: oauth.TokenEndpointResponse;
  try {
    answer = await process(response);
  } catch (error) {
    throw idTokenFailure(connection, error, response);
  }
  const idTokenClaims = await checkedClaims(connection, response, answer, expectation);
  const receivedAt = secondsNow(httpContext.clock);
  return {
    accessToken: secret(answer.access_token),
    refreshToken: secret(answer.refresh_token),
    idToken: idTokenClaims && secret(answer.id_token),
    idTokenClaims,
    receivedAt,
    expiresAt: lifetime === undefined ? undefined : receivedAt + lifetime,
    grantedScopes: answer.scope === undefined ? undefined : scopesOf(answer.scope),
    kept: keptMembers(answer, client.dialect?.keep ?? []),
  };
}

/** The tokens in an answer that is yet to be judged. */
function receivedIn(text: string): ReceivedTokens[] {
  const body = parseServerObject(text) ?? {};
  const tokenOf = (name: 'access_token' | 'refresh_token'): string | undefined => {
    const value = body[name];
    return typeof value === 'string' && tokenGrammar[name].test(value) ? value : undefined;
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

async function checkedClaims(
  connection: Connection,
  response: Response,
  answer: oauth.TokenEndpointResponse,
  expectation: IdTokenExpectation | undefined,
): Promise<IdTokenClaims | undefined> {
  const claims = oauth.getValidatedIdTokenClaims(answer);
  if (claims) expectation?.check(claims);
  try {
    return await checkIdToken(connection, response, answer);
  } catch (error) {
    if (!expectation?.dispensable || !(error instanceof Failure) || !error.passing) throw error;
    connection.httpContext.log.warn('ID token left out, as its keys could not be had', {
      failure: error.code,
    });
    return undefined;
  }
}

/**
 * Refuses what the library would let pass, or refuse with an error that repeats the body.
 *
 * @returns the lifetime of the access token in seconds, if the server gave one.
 */
async function checkTokens(response: Response, host: string): Promise<number | undefined> {
  const invalid = (reason: string): Failure => new Failure('response-invalid', { host, reason });
  const { status } = response;
  const text = await response.clone().text();
  if (text.trim() === '') throw invalid(l10n.t('it is empty'));
  const body = jsonIn(text, host, status);
  if (!isObject(body)) throw invalid(l10n.t('it is not a JSON object'));
  if ('error' in body) throw invalid(l10n.t('it is an error with the status of a success'));
  if (status !== 200) throw invalid(l10n.t('it has the status {0}', status));

  const { token_type: type, expires_in: lifetime, scope } = body;
  if (typeof type !== 'string') throw invalid(l10n.t('the token type is missing'));
  if (type.toLowerCase() !== 'bearer') throw invalid(l10n.t('the token type is not Bearer'));
  if (body['access_token'] === undefined) throw invalid(l10n.t('there is no access token in it'));
  for (const [name, grammar] of Object.entries(tokenGrammar)) {
    const token = body[name];
    if (token === undefined) continue;
    const called = name.replace('_', ' ');
    if (typeof token !== 'string' || !grammar.test(token))
      throw invalid(l10n.t('the {0} in it is malformed', called));
    if (token.length > longestToken) throw invalid(l10n.t('the {0} in it is too long', called));
  }
  if (scope !== undefined && typeof scope !== 'string') throw invalid(l10n.t('the scope in it is not text'));
  if (lifetime === undefined) return undefined;
  const seconds = typeof lifetime === 'string' && /^\d+$/.test(lifetime) ? Number(lifetime) : lifetime;
  if (typeof seconds !== 'number' || !(seconds >= 0))
    throw invalid(l10n.t('the lifetime in it is not a number'));
  return Math.min(Math.floor(seconds), longestLifetime);
}

/** What each token is made of: RFC 6749 appendix A.12 and A.17, RFC 7515 section 3.1. */
const tokenGrammar = {
  access_token: /^[\x20-\x7E]+$/,
  refresh_token: /^[\x20-\x7E]+$/,
  id_token: /^[\w-]+(\.[\w-]*){2,4}$/,
};

/** The scopes of a list. What is no scope (RFC 6749 section 3.3) could not have been asked for, and is left out. */
const scopesOf = (list: string): string[] =>
  list
    .split(' ')
    .filter(scope => /^[\x21\x23-\x5B\x5D-\x7E]{1,1000}$/.test(scope))
    .slice(0, mostScopes);
