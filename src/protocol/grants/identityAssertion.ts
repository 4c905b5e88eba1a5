import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import { secret, type Secret } from '../../platform/secret.ts';
import { prove, type Connection } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import { readForms } from '../http/forms.ts';
import { isObject } from '../http/json.ts';
import { jsonIn, noteMediaType } from '../http/jsonResponse.ts';
import { checkSuccess } from '../http/oauthError.ts';
import { errorCode, quoteServerText } from '../http/serverText.ts';
import { setScopes } from '../server/dialect.ts';
import { serviceGrantTypes } from '../server/serviceGrantTypes.ts';
import { isToken, longestToken } from '../tokens/tokenAnswer.ts';
import { assertionProblem, type AssertedFor } from './assertionClaims.ts';

const tokenTypes = 'urn:ietf:params:oauth:token-type:';
const idJag = `${tokenTypes}id-jag`;

export interface AssertionRequest extends AssertedFor {
  readonly subjectToken: Secret;
  readonly subjectTokenType: 'id_token' | 'refresh_token';
  /** Sent as `audience`: the other server's issuer, or what the settings have instead. */
  readonly audience: string;
  readonly scopes: readonly string[];
  /** The host of the other server, for messages. */
  readonly other: string;
  /** The names of both providers, for messages. */
  readonly names: { readonly source: string; readonly provider: string };
  /** See `ServiceTokenRequestOptions`. */
  readonly beforeSending?: (() => void) | undefined;
}

/**
 * Requests an assertion of the user's identity for another authorization server (ID-JAG,
 * draft-ietf-oauth-identity-assertion-authz-grant section 4.3, a token exchange by RFC 8693). The other server verifies
 * it. Here it is read to see that it is what was asked for: a server that made it for someone else, or for another
 * server, must not have it sent on.
 *
 * @param connection to the server that the user is signed in to.
 * @throws Failure `assertion-refused`, `assertion-sign-in-needed`, `assertion-invalid`, and those of the HTTP client.
 */
export async function requestIdentityAssertion(
  connection: Connection,
  request: AssertionRequest,
): Promise<Secret> {
  const { client, http, server, oauthClient, authenticate, options, metadata } = connection;
  const endpoint = metadata.token_endpoint ?? client.issuer;
  const { host } = new URL(endpoint);
  const body = new URLSearchParams({
    requested_token_type: idJag,
    audience: request.audience,
    subject_token: request.subjectToken.reveal(),
    subject_token_type: `${tokenTypes}${request.subjectTokenType}`,
  });
  setScopes(body, request.scopes, { ...client.dialect, scopeParameter: 'scope' });
  for (const resource of request.resources) body.append('resource', resource);
  const { beforeSending } = request;
  const send: typeof http = (url, init) => http(url, { ...init, beforeSending });
  const grantType = serviceGrantTypes['token-exchange'];
  const response = await prove(connection, endpoint, () =>
    oauth.genericTokenEndpointRequest(server, oauthClient, authenticate, grantType, body, {
      ...options,
      [oauth.customFetch]: send,
    }),
  );
  await checkSuccess(response, host).catch((error: unknown) => {
    throw error instanceof Failure ? refused(error, host, request) : error;
  });
  return readAssertion(connection, response, host, request);
}

/** What asks for a sign-in that is newer or stronger than the one that was shown (RFC 9470, OpenID Connect Core). */
const signInErrors: ReadonlySet<string> = new Set([
  'insufficient_user_authentication',
  'interaction_required',
  'login_required',
  'consent_required',
]);

/** Says which of the two servers refused. A server that is busy or out of reach has its name in its own failure. */
function refused(failure: Failure, host: string, { other, names }: AssertionRequest): Failure {
  const { oauthError } = failure;
  const { error = '', said = '' } = failure.details;
  if (!['grant-refused', 'client-refused', 'request-refused'].includes(failure.code)) return failure;
  return oauthError !== undefined && signInErrors.has(oauthError)
    ? new Failure('assertion-sign-in-needed', { ...names, host, error: oauthError, said }, { oauthError })
    : new Failure('assertion-refused', { host, other, error, said }, { oauthError });
}

const forms = {
  access_token: 'exact',
  issued_token_type: 'text',
  token_type: 'text',
  error: 'text',
} as const;

/** RFC 8693 section 2.2.1: what is issued is called `access_token` whatever it is, and `N_A` is no token to present. */
async function readAssertion(
  { client, metadata, httpContext: { blemishes } }: Connection,
  response: Response,
  host: string,
  request: AssertionRequest,
): Promise<Secret> {
  const { other } = request;
  const invalid = (reason: string): Failure => new Failure('assertion-invalid', { host, other, reason });
  const note = blemishes.at(client.issuer);
  const written = await jsonIn(response, host);
  if (!isObject(written)) throw invalid(l10n.t('it isn’t a JSON object'));
  const body = readForms(written, forms, note);
  noteMediaType(response, note);
  const { access_token: assertion, issued_token_type: issued, token_type: type } = body;
  if (body['error'] !== undefined) throw invalid(l10n.t('it is an error with a success status'));
  const differs = (name: string, value: unknown, wanted: string): Failure =>
    invalid(l10n.t('its "{0}" is {1}, not {2}', name, inWords(value), wanted));
  if (issued !== idJag) throw differs('issued_token_type', issued, idJag);
  if (String(type).toUpperCase() !== 'N_A') throw differs('token_type', type, 'N_A');
  if (!isToken('access_token', assertion)) {
    const isLong = typeof assertion === 'string' && assertion.length > longestToken;
    throw invalid(isLong ? l10n.t('it is too long') : l10n.t('it isn’t a signed JSON Web Token'));
  }
  const isPairwise = metadata.subject_types_supported?.includes('pairwise') === true;
  const { allowedTenants } = client.policy;
  const problem = assertionProblem(assertion, request, {
    issuer: metadata.issuer,
    allowedTenants,
    isPairwise,
  });
  if (problem === 'unreadable') throw invalid(l10n.t('it isn’t a signed JSON Web Token'));
  if (problem) throw differs(problem.name, problem.found, problem.wanted);
  return secret(assertion);
}

const inWords = (value: unknown): string =>
  value === undefined
    ? l10n.t('missing')
    : (errorCode(value) ??
      quoteServerText(typeof value === 'string' ? value : JSON.stringify(value)) ??
      '“”');
