import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import {
  interactionPolicy,
  type ClientMetadata,
  type Configuration,
  type JWKS,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import type { KnownClients } from './clients.ts';
import type { MemoryStorage } from './memoryStorage.ts';
import {
  deviceCodePage,
  deviceConfirmPage,
  deviceDeniedPage,
  deviceSuccessPage,
  errorPage,
  signedOutPage,
  signOutPage,
} from './pages.ts';
import { claimsOf, personBySubject } from './people.ts';
import { apiResource, resourceServerInfo } from './resources.ts';

/** Where the provider answers; paths below its issuer. */
export const endpoints = {
  authorization: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  jwks: '/jwks',
  registration: '/register',
  revocation: '/revoke',
  introspection: '/introspect',
  endSession: '/logout',
  pushedAuthorizationRequest: '/par',
  deviceAuthorization: '/device_authorization',
  /** The page where a person enters a device's code. */
  deviceVerification: '/device',
  configuration: '/.well-known/openid-configuration',
} as const;

/** What a test may change while the provider runs; each is read when it is needed. */
export interface ProviderSettings {
  /** Seconds. */
  accessTokenLifetime: number;
  /** Whether every refresh gives a new refresh token and spends the old one. */
  rotateRefreshToken: boolean;
  /** Whether clients inside a browser may read the answers of the endpoints for clients (CORS). */
  allowsOrigins: boolean;
  /**
   * What a sign-in that names no resource gets: a JWT for `apiResource`, which the userinfo, revocation and
   * introspection endpoints refuse, or an opaque token that these accept and the resource server does not.
   */
  accessTokens: 'jwt' | 'opaque';
  /** Resources besides those of `resources.ts`, with the scopes of `apiResource`: APIs that are named by where they run. */
  resources: readonly string[];
  /** Whether a proof of possession (DPoP) must have a nonce. */
  demandsNonce: boolean;
  /** Whether the API knows its own scopes alone: then a token response names only these. */
  namesOnlyApiScopes: boolean;
}

const hour = 3600;
const day = 24 * hour;

/** Answers with a page of ours. */
export function show(ctx: Pick<KoaContextWithOIDC, 'set' | 'type' | 'body'>, html: string): void {
  ctx.set('cache-control', 'no-store');
  // No form-action: browsers apply it to the redirect that follows a form, which goes to the client.
  ctx.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  ctx.type = 'html';
  ctx.body = html;
}

const clientNameIn = (ctx: KoaContextWithOIDC) =>
  ctx.oidc.client?.clientName ?? ctx.oidc.client?.clientId ?? 'The application';

/** The secret that the provider expects back with the form of the page it asks for. */
function formSecret(ctx: KoaContextWithOIDC): string {
  const secret = ctx.oidc.session?.state?.['secret'];
  if (typeof secret !== 'string') {
    throw new TypeError('the session holds no form secret');
  }
  return secret;
}

const wrongCode = 'This code is not valid, or it has expired or been used.';

const deviceFlow: NonNullable<Configuration['features']>['deviceFlow'] = {
  enabled: true,
  userCodeInputSource(ctx, _form, _out, problem) {
    if (problem?.name === 'AbortedError') {
      show(ctx, deviceDeniedPage());
      return;
    }
    const typed =
      problem && 'userCode' in problem && typeof problem.userCode === 'string' ? problem.userCode : '';
    const about = { action: ctx.oidc.urlFor('code_verification'), xsrf: formSecret(ctx), userCode: typed };
    show(ctx, deviceCodePage(problem ? { ...about, problem: wrongCode } : about));
  },
  userCodeConfirmSource(ctx, _form, client, _deviceInfo, userCode) {
    const action = ctx.oidc.urlFor('code_verification');
    show(
      ctx,
      deviceConfirmPage({
        action,
        xsrf: formSecret(ctx),
        userCode,
        client: client.clientName ?? client.clientId,
      }),
    );
  },
  successSource(ctx) {
    show(ctx, deviceSuccessPage(clientNameIn(ctx)));
  },
};

/** The authentication context class of whoever signs in for a request that asks for it. */
export const goldAcr = 'urn:example:gold';

/** Signs a person in again who has not signed in as `acr_values` asks, voluntary though that is (OpenID Connect Core). */
function promptPolicy() {
  const policy = interactionPolicy.base();
  const description = 'the sign-in is of another class than was asked for';
  const needsGold = (ctx: KoaContextWithOIDC) =>
    askedAcrValues(ctx.oidc.params).includes(goldAcr) && ctx.oidc.session?.acr !== goldAcr;
  const check = new interactionPolicy.Check('acr_values', description, needsGold);
  policy.get('login')?.checks.add(check);
  return policy;
}

/** The authentication context classes that a request asks for. */
export const askedAcrValues = (params: Readonly<Record<string, unknown>> | undefined): string[] => {
  const claims = typeof params?.['claims'] === 'string' ? params['claims'] : '';
  const inClaims = claims.includes(`"${goldAcr}"`) ? [goldAcr] : [];
  const asked = typeof params?.['acr_values'] === 'string' ? params['acr_values'].split(' ') : [];
  return [...asked, ...inClaims];
};

const clientAuthMethods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
const certificateMethods = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;

const certificateOf = (ctx: KoaContextWithOIDC) => (ctx.socket as TLSSocket).getPeerX509Certificate?.();

/** Clients with a certificate (RFC 8705): issued by the authority, for the registered name; or self-signed. */
const mutualTls: NonNullable<Configuration['features']>['mTLS'] = {
  enabled: true,
  certificateBoundAccessTokens: true,
  tlsClientAuth: true,
  selfSignedTlsClientAuth: true,
  getCertificate: ctx => certificateOf(ctx)?.toString(),
  certificateAuthorized: ctx => (ctx.socket as TLSSocket).authorized,
  certificateSubjectMatches: (ctx, property, expected) =>
    property === 'tls_client_auth_san_dns' && certificateOf(ctx)?.checkHost(expected) !== undefined,
};

/** The endpoints that take certificates, on their own port (RFC 8705 section 5). */
const aliases = (origin: string) => ({
  mtls_endpoint_aliases: {
    token_endpoint: `${origin}${endpoints.token}`,
    userinfo_endpoint: `${origin}${endpoints.userinfo}`,
    revocation_endpoint: `${origin}${endpoints.revocation}`,
    introspection_endpoint: `${origin}${endpoints.introspection}`,
    device_authorization_endpoint: `${origin}${endpoints.deviceAuthorization}`,
    pushed_authorization_request_endpoint: `${origin}${endpoints.pushedAuthorizationRequest}`,
  },
});

/** The configuration of oidc-provider. Whatever it would warn about on the console is decided here. */
export function configuration(parts: {
  storage: MemoryStorage;
  settings: ProviderSettings;
  clients: KnownClients;
  metadata: readonly ClientMetadata[];
  jwks: JWKS;
  registrationToken: string | undefined;
  /** Whether clients may prove who they are with a certificate. */
  mutualTls: boolean;
  /** Fetches the documents of clients whose ID is a URL. Undefined: it knows no such clients. */
  documentFetch: typeof fetch | undefined;
  /** Where they do so, if not at the issuer. */
  aliasOrigin: string | undefined;
}): Configuration {
  const { settings } = parts;
  // Cookies know no port: without a name of their own, two providers on one host would sign each other's people out.
  const cookieSuffix = randomBytes(6).toString('hex');
  return {
    adapter: parts.storage.adapter,
    jwks: parts.jwks,
    clients: [...parts.metadata],
    cookies: {
      keys: [randomBytes(32).toString('hex')],
      names: {
        session: `session_${cookieSuffix}`,
        interaction: `interaction_${cookieSuffix}`,
        resume: `resume_${cookieSuffix}`,
      },
    },
    clockTolerance: 0,
    ...(parts.documentFetch && { fetch: parts.documentFetch }),
    ...(parts.mutualTls && { clientAuthMethods: [...clientAuthMethods, ...certificateMethods] }),
    ...(parts.aliasOrigin !== undefined && { discovery: aliases(parts.aliasOrigin) }),
    scopes: ['openid', 'offline_access', 'profile', 'email', 'groups'],
    acrValues: [goldAcr],
    interactions: { policy: promptPolicy() },
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
      acr: null,
      auth_time: null,
      iss: null,
      sid: null,
    },
    findAccount(_ctx, sub) {
      const person = personBySubject(sub);
      return person && { accountId: sub, claims: () => claimsOf(person) };
    },
    // A resource server learns who is calling, and how they signed in, from the token alone (RFC 9068, 2.2).
    extraTokenClaims(ctx, token) {
      const person = token.kind === 'AccessToken' ? personBySubject(token.accountId) : undefined;
      const { AuthorizationCode: code, RefreshToken: refresh } = ctx.oidc.entities;
      const { acr, authTime } = code ?? refresh ?? {};
      return person && { name: person.name, preferred_username: person.login, acr, auth_time: authTime };
    },
    pkce: { required: () => true },
    clientBasedCORS: () => settings.allowsOrigins,
    rotateRefreshToken: () => settings.rotateRefreshToken,
    issueRefreshToken: (_ctx, client, source) =>
      client.grantTypeAllowed('refresh_token') && source.scopes.has('offline_access'),
    ttl: {
      AccessToken: () => settings.accessTokenLifetime,
      ClientCredentials: () => settings.accessTokenLifetime,
      AuthorizationCode: 60,
      DeviceCode: 600,
      IdToken: hour,
      Interaction: hour,
      Session: day,
      Grant: 14 * day,
      RefreshToken: 14 * day,
    },
    routes: {
      authorization: endpoints.authorization,
      token: endpoints.token,
      userinfo: endpoints.userinfo,
      jwks: endpoints.jwks,
      registration: endpoints.registration,
      revocation: endpoints.revocation,
      introspection: endpoints.introspection,
      end_session: endpoints.endSession,
      pushed_authorization_request: endpoints.pushedAuthorizationRequest,
      device_authorization: endpoints.deviceAuthorization,
      code_verification: endpoints.deviceVerification,
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: true },
      claimsParameter: { enabled: true },
      ...(parts.documentFetch && { clientIdMetadataDocument: { enabled: true, ack: 'draft-02' } }),
      clientCredentials: { enabled: true },
      deviceFlow,
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => settings.demandsNonce },
      ...(parts.mutualTls && { mTLS: mutualTls }),
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          client.clientId === parts.clients.resourceServer.clientId || client.clientId === token.clientId,
      },
      pushedAuthorizationRequests: { enabled: true },
      registration: { enabled: true, initialAccessToken: parts.registrationToken ?? false },
      registrationManagement: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) =>
          oneOf ?? (settings.accessTokens === 'jwt' ? apiResource : undefined),
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => resourceServerInfo(resource, settings),
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => client.clientId === token.clientId,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource(ctx) {
          show(ctx, signOutPage({ action: ctx.oidc.urlFor('end_session_confirm'), xsrf: formSecret(ctx) }));
        },
        postLogoutSuccessSource(ctx) {
          show(ctx, signedOutPage());
        },
      },
    },
    renderError(ctx, out) {
      show(ctx, errorPage(out.error, out.error_description));
    },
  };
}
