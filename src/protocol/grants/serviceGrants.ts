import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import type { Secret } from '../../platform/secret.ts';
import type { Connection } from '../client/client.ts';
import { setScopes } from '../server/dialect.ts';
import { Failure } from '../failures/failure.ts';
import { serviceGrantTypes } from '../server/serviceGrantTypes.ts';
import { requestTokens, type Tokens } from '../tokens/tokens.ts';

/** What a client that signs in by itself asks tokens for. */
export type ServiceTokenRequest =
  | { readonly way: 'client-credentials' }
  | { readonly way: 'impersonation'; readonly field: string; readonly value: string }
  | {
      readonly way: 'token-exchange';
      readonly subjectToken: Secret;
      readonly subjectTokenType: 'access_token' | 'id_token';
      readonly requestedTokenType?: string | undefined;
    };

export interface ServiceTokenRequestOptions {
  readonly scopes: readonly string[];
  /** What the access token is for (RFC 8707 section 2.2; RFC 8693 section 2.1). */
  readonly resources: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** Called right before the request leaves; throws to end it unsent. */
  readonly beforeSending?: (() => void) | undefined;
}

/**
 * Asks for tokens with nothing but what the client has. A refresh token in the answer is left out: it should not be
 * there (RFC 6749 section 4.4.3), and what was asked for can be asked for again.
 *
 * @throws Failure as {@link requestTokens}, with what the refusal means for such a client: `scopes-refused`,
 * `grant-type-refused`, `user-refused`, `token-exchange-refused`.
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

/** What a refusal means for a client that signs in by itself, which is not what it means for a person. */
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
      return new Failure('grant-type-refused', { ...about, grantType }, { oauthError });
  }
  const isRefused = failure.code === 'grant-refused';
  const isUnnamed = error === 'status 401';
  // There is nothing else in the request that could have been refused.
  if (isRefused && (request.way === 'client-credentials' || isUnnamed)) {
    return new Failure('client-refused', { host, error, said }, { oauthError });
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
