import { systemClock } from '../../../src/platform/clock.ts';
import { secret } from '../../../src/platform/secret.ts';
import type { Connection } from '../../../src/protocol/client/client.ts';
import { generateProofKey } from '../../../src/protocol/client/keys/proofKey.ts';
import { proofsWith } from '../../../src/protocol/client/keys/proofs.ts';
import type { Consent } from '../../../src/protocol/client/consent.ts';
import { registerClient } from '../../../src/protocol/client/registration.ts';
import { createState } from '../../../src/protocol/grants/authorizationRequest.ts';
import { exchangeAuthorizationCode, refreshTokens } from '../../../src/protocol/grants/codeAndRefresh.ts';
import {
  pollForTokens,
  requestDeviceAuthorization,
} from '../../../src/protocol/grants/deviceAuthorization.ts';
import { requestIdentityAssertion } from '../../../src/protocol/grants/identityAssertion.ts';
import { pushAuthorizationRequest } from '../../../src/protocol/grants/pushedAuthorization.ts';
import { requestServiceTokens } from '../../../src/protocol/grants/serviceGrants.ts';
import type { Metadata } from '../../../src/protocol/server/metadata.ts';
import type { SecretEndpoint } from '../../../src/protocol/server/secretEndpoints.ts';
import { introspectToken } from '../../../src/protocol/tokens/introspection.ts';
import { createLogoutRequest } from '../../../src/protocol/tokens/logout.ts';
import { revokeTokens } from '../../../src/protocol/tokens/revocation.ts';
import { requestUser } from '../../../src/protocol/tokens/userEndpoint.ts';
import { requestUserInfo } from '../../../src/protocol/tokens/userInfo.ts';

export const token = secret('a token');
const state = createState();
const authorization = {
  url: secret(''),
  state,
  codeVerifier: secret('v'.repeat(43)),
  nonce: undefined,
  redirectUri: 'http://127.0.0.1/callback',
  scopes: [],
  tokenResources: [],
  maxAge: undefined,
};
const plain = { scopes: [], resources: [], parameters: {} };
const form = { ...authorization, deviceGrant: true, method: 'none', key: undefined } as const;

interface Sending {
  /** The endpoint that it goes to. */
  readonly to: SecretEndpoint;
  /** @param named the metadata as the server has it. */
  send(connection: Connection, named: Metadata, consent: Consent): Promise<unknown>;
}

/** The connection of a client with a key. Its requests with a proof go through the same `http`. */
async function withProofs(connection: Connection, named: Metadata): Promise<Connection> {
  const key = await generateProofKey('required', named);
  const proofs = await proofsWith(key, named.issuer, systemClock);
  return { ...connection, proofs, options: { ...connection.options, DPoP: proofs.handle } };
}

/** Every function of the protocol that sends something secret, by its name and file. */
export const sendings: Readonly<Record<string, Sending>> = {
  'exchangeAuthorizationCode grants/codeAndRefresh.ts': {
    to: 'token_endpoint',
    send: connection =>
      exchangeAuthorizationCode(
        connection,
        authorization,
        new URLSearchParams({ code: 'c', state: state.reveal() }),
      ),
  },
  'refreshTokens grants/codeAndRefresh.ts': {
    to: 'token_endpoint',
    send: connection => refreshTokens(connection, token, { subject: undefined }),
  },
  'requestDeviceAuthorization grants/deviceAuthorization.ts': {
    to: 'device_authorization_endpoint',
    send: connection => requestDeviceAuthorization(connection, plain),
  },
  'pollForTokens grants/deviceAuthorization.ts': {
    to: 'token_endpoint',
    send: connection =>
      pollForTokens(
        connection,
        {
          ...{ deviceCode: token, userCode: 'A', verificationUri: '', verificationUriComplete: undefined },
          ...{ expiresAt: systemClock.now() + 60_000, interval: 0, codeVerifier: undefined },
          tokenResources: [],
        },
        { signal: AbortSignal.timeout(1000), onState: () => undefined },
      ),
  },
  'pushAuthorizationRequest grants/pushedAuthorization.ts': {
    to: 'pushed_authorization_request_endpoint',
    send: connection => pushAuthorizationRequest(connection, new URLSearchParams({ state: 'x' })),
  },
  'requestServiceTokens (client credentials) grants/serviceGrants.ts': {
    to: 'token_endpoint',
    send: connection => requestServiceTokens(connection, { way: 'client-credentials' }, plain),
  },
  'requestServiceTokens (impersonation) grants/serviceGrants.ts': {
    to: 'token_endpoint',
    send: connection =>
      requestServiceTokens(connection, { way: 'impersonation', field: 'userId', value: 'u' }, plain),
  },
  'requestServiceTokens (token exchange) grants/serviceGrants.ts': {
    to: 'token_endpoint',
    send: connection =>
      requestServiceTokens(
        connection,
        { way: 'token-exchange', subjectToken: token, subjectTokenType: 'access_token' },
        plain,
      ),
  },
  'requestServiceTokens (identity assertion) grants/serviceGrants.ts': {
    to: 'token_endpoint',
    send: connection =>
      requestServiceTokens(
        connection,
        { way: 'identity-assertion', assertion: token, asserter: 'login.example.com' },
        plain,
      ),
  },
  'requestIdentityAssertion grants/identityAssertion.ts': {
    to: 'token_endpoint',
    send: connection =>
      requestIdentityAssertion(connection, {
        ...{ subjectToken: token, subjectTokenType: 'id_token', subject: undefined },
        ...{ audience: 'https://other.example.com', audiences: [], clientId: 'editor' },
        ...{ scopes: [], resources: [], other: 'other.example.com' },
        names: { source: 'Company', provider: 'Other' },
      }),
  },
  'requestUserInfo tokens/userInfo.ts': {
    to: 'userinfo_endpoint',
    send: connection => requestUserInfo(connection, token, 'alice'),
  },
  'requestUser tokens/userEndpoint.ts': {
    to: 'userinfo_endpoint',
    send: connection => requestUser(connection, token),
  },
  'requestUser (with a key) tokens/userEndpoint.ts': {
    to: 'userinfo_endpoint',
    send: async (connection, named) => requestUser(await withProofs(connection, named), token),
  },
  'introspectToken tokens/introspection.ts': {
    to: 'introspection_endpoint',
    send: connection => introspectToken(connection, token, undefined),
  },
  'revokeTokens tokens/revocation.ts': {
    to: 'revocation_endpoint',
    send: connection => revokeTokens(connection, { refreshToken: token, accessToken: token }),
  },
  'revokeTokens (with a key) tokens/revocation.ts': {
    to: 'revocation_endpoint',
    async send(connection, named) {
      const proved = await withProofs(connection, named);
      return revokeTokens(proved, { refreshToken: token, accessToken: token });
    },
  },
  'createLogoutRequest tokens/logout.ts': {
    to: 'end_session_endpoint',
    // The browser sends it: here, whoever opens the address.
    async send(connection) {
      const asked = createLogoutRequest(connection, { idToken: token, redirectUri: undefined, state });
      if (asked) await fetch(asked.url.reveal());
    },
  },
  'registerClient client/registration.ts': {
    to: 'registration_endpoint',
    send: ({ httpContext, client }, metadata, consent) =>
      registerClient(httpContext, {
        metadata,
        consent,
        policy: { ...client.policy, issuer: client.issuer },
        form,
        initialAccessToken: token,
      }),
  },
};
