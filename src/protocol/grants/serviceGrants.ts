import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import type { Connection } from '../client/client.ts';
import { setScopes } from '../server/dialect.ts';
import { Failure } from '../failures/failure.ts';
import { serviceGrantTypes } from '../server/serviceGrantTypes.ts';
import { requestTokens, type Tokens } from '../tokens/tokens.ts';

/** What a service requests tokens for. */
export type ServiceTokenRequest =
  | { readonly way: 'client-credentials' }
  | { readonly way: 'impersonation'; readonly field: string; readonly value: string }
  | {
      readonly way: 'token-exchange';
      readonly subjectToken: Secret;
      readonly subjectTokenType: 'access_token' | 'id_token';
      readonly requestedTokenType?: string | undefined;
    }
  | {
      readonly way: 'identity-assertion';
      readonly assertion: Secret;
      /** The host of the server that made it, for messages. */
      readonly asserter: string;
    };

export interface ServiceTokenRequestOptions {
  readonly scopes: readonly string[];
  /** The target of the access token (RFC 8707 section 2.2, RFC 8693 section 2.1). */
  readonly resources: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** Called right before the request leaves. Throws to keep it from being sent. */
  readonly beforeSending?: (() => void) | undefined;
}

/**
 * Requests tokens with only the client's own credentials. Ignores a refresh token in the response: it shouldn't be
 * there (RFC 6749 section 4.4.3), and the same request can be repeated.
 *
 * @throws Failure as {@link requestTokens}, with the meaning of the refusal for a service: `scopes-refused`,
 * `grant-type-refused`, `user-refused`, `token-exchange-refused`, `assertion-not-taken`.
 */
export async function requestServiceTokens(
  connection: Connection,
  request: ServiceTokenRequest,
  { scopes, resources, parameters, beforeSending }: ServiceTokenRequestOptions,
): Promise<Tokens> {
  const { client, http, server, oauthClient, authenticate, options, httpContext } = connection;
  const body = new URLSearchParams(parameters);
  // Only the authorization request of some servers has another name for it.
  setScopes(body, scopes, { ...client.dialect, scopeParameter: 'scope' });
  for (const resource of resources) body.append('resource', resource);
  for (const [name, value] of Object.entries(ownParameters(request))) body.set(name, value);
  const send: typeof http = (url, init) =>
    http(url, { ...(request.way === 'impersonation' ? asJson(init, lookup(request)) : init), beforeSending });
  try {
    const tokens = await requestTokens(
      connection,
      () =>
        oauth.genericTokenEndpointRequest(
          server,
          oauthClient,
          authenticate,
          serviceGrantTypes[request.way],
          body,
          { ...options, [oauth.customFetch]: send },
        ),
      (answer, judging) => oauth.processGenericTokenEndpointResponse(server, judging, answer),
      { dispensable: true },
    );
    if (tokens.refreshToken) httpContext.log.info('a refresh token that was not asked for is left unused');
    return { ...tokens, refreshToken: undefined };
  } catch (error) {
    throw error instanceof Failure ? explained(error, connection, request, scopes) : error;
  }
}

function ownParameters(request: ServiceTokenRequest): Record<string, string> {
  if (request.way === 'identity-assertion') return { assertion: request.assertion.reveal() };
  if (request.way !== 'token-exchange') return {};
  const { subjectToken, subjectTokenType, requestedTokenType } = request;
  return {
    subject_token: subjectToken.reveal(),
    subject_token_type: `urn:ietf:params:oauth:token-type:${subjectTokenType}`,
    ...(requestedTokenType !== undefined && { requested_token_type: requestedTokenType }),
  };
}

const lookup = ({ field, value }: { readonly field: string; readonly value: string }): object => ({
  user_lookup: { field, value },
});

type Init = Parameters<Connection['http']>[1];

/** The request with its parameters as JSON: only so can one of them be an object. */
function asJson(init: Init, members: object): Init {
  const parameters = new URLSearchParams(init.body instanceof URLSearchParams ? init.body : '');
  const headers = new Headers(init.headers);
  headers.set('content-type', 'application/json');
  return {
    ...init,
    headers: Object.fromEntries(headers),
    body: JSON.stringify({ ...Object.fromEntries(parameters), ...members }),
  };
}

/** Maps a refusal to its meaning for a service, which differs from that for a user. */
function explained(
  failure: Failure,
  { client }: Connection,
  request: ServiceTokenRequest,
  scopes: readonly string[],
): Failure {
  const { host = '', error = '', said = '' } = failure.details;
  const grantType = serviceGrantTypes[request.way];
  const about = { host, clientId: client.id, said };
  const { oauthError } = failure;
  switch (error) {
    case 'invalid_scope':
      return new Failure(
        'scopes-refused',
        { ...about, scopes: scopes.join(', ') || l10n.t('none') },
        { oauthError },
      );
    case 'unauthorized_client':
    case 'unsupported_grant_type':
      // Keycloak says so of a wrong secret, too. With 401, the client isn't authenticated (RFC 6749 section 5.2).
      if (failure.status === 401) return failure;
      return new Failure('grant-type-refused', { ...about, grantType }, { oauthError });
  }
  const isRefused = failure.code === 'grant-refused';
  const isUnnamed = error === 'status 401';
  // There is nothing else in the request that could have been refused.
  if (isRefused && (request.way === 'client-credentials' || isUnnamed)) {
    return new Failure('client-refused', { host, error, said }, { oauthError });
  }
  if (request.way === 'identity-assertion') {
    const { asserter } = request;
    return isRefused || failure.code === 'request-refused'
      ? new Failure('assertion-not-taken', { host, asserter, error, said }, { oauthError })
      : failure;
  }
  if (!isRefused && error !== 'invalid_target' && error !== 'invalid_request') return failure;
  if (request.way === 'impersonation') {
    const { field, value } = request;
    return new Failure('user-refused', { ...about, field, value }, { oauthError });
  }
  return request.way === 'token-exchange'
    ? new Failure('token-exchange-refused', { host, error, said }, { oauthError })
    : failure;
}
