import { consentTo } from '../../src/protocol/client/consent.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { secret } from '../../src/platform/secret.ts';
import type { AuthorizationRequest } from '../../src/protocol/grants/authorizationRequest.ts';
import { connect, type Connection } from '../../src/protocol/client/client.ts';
import { createHttpContext } from '../../src/protocol/server/httpContext.ts';
import { recordingLog } from '../standIns/recordingLog.ts';
import { sharedKeys } from '../servers/hostile/keys.ts';

export const issuer = 'https://login.example.com';
export const clientId = 'editor';
export const nonce = 'n'.repeat(43);

export const metadataDocument = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/keys`,
  userinfo_endpoint: `${issuer}/userinfo`,
  device_authorization_endpoint: `${issuer}/device`,
  revocation_endpoint: `${issuer}/revoke`,
  end_session_endpoint: `${issuer}/end`,
  response_types_supported: ['code'],
  scopes_supported: ['openid', 'profile'],
  code_challenge_methods_supported: ['S256'],
  id_token_signing_alg_values_supported: ['RS256', 'ES256'],
  authorization_response_iss_parameter_supported: true,
};

/** An answer as it leaves a server. */
export interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * A connection to a server whose answers are made here, without sockets, so that hundreds can be tried in a
 * second. The http client is the real one; sockets have a target of their own.
 */
export async function connectionTo(replies: Partial<Record<string, Reply>>): Promise<Connection> {
  const keys = await sharedKeys();
  const right: Record<string, Reply> = {
    '/.well-known/openid-configuration': jsonReply(metadataDocument),
    '/keys': jsonReply({ keys: [keys.rsa.jwk, keys.ec.jwk] }),
  };
  const fetch = (input: RequestInfo | URL): Promise<Response> => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const reply = replies[pathname] ?? right[pathname] ?? { status: 404, headers: {}, body: '' };
    const bodiless = [204, 205, 304].includes(reply.status);
    return Promise.resolve(new Response(bodiless ? null : reply.body, reply));
  };
  const httpContext = createHttpContext({ fetch, clock: systemClock, log: recordingLog() });
  const policy = { allowLoopbackHttp: false };
  const client = { issuer, id: clientId, authentication: { method: 'none' }, policy } as const;
  return connect(httpContext, client, consentTo(issuer));
}

export const jsonReply = (value: unknown): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

export const state = 's'.repeat(43);

export const redirectUri = 'vscode://vscode-oidc.oidc-authentication/callback';

export const authorizationRequest: AuthorizationRequest = {
  url: secret(`${issuer}/authorize`),
  state: secret(state),
  codeVerifier: secret('v'.repeat(43)),
  nonce: secret(nonce),
  redirectUri,
  scopes: ['openid'],
  tokenResources: [],
  maxAge: undefined,
};
