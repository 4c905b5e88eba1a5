/** The realm that a test's Keycloak starts with: each client is one thing that a company sets up. */

type Json = Readonly<Record<string, unknown>>;

export const realmName = 'staff';

/** A secret with what differs between the encodings of a form, of an address and of none. */
export const oddSecret = 'p%2B a+b&c=d:/?#"\\\'ü€ ~;-_.*';

/** The audience that step-up means: a user name is enough for silver, gold takes the password as well. */
export const levels = { silver: '1', gold: '2' } as const;

const groups = {
  name: 'groups',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-group-membership-mapper',
  config: {
    'claim.name': 'groups',
    'full.path': 'false',
    'id.token.claim': 'true',
    'access.token.claim': 'true',
    'userinfo.token.claim': 'true',
  },
};

interface ClientSettings {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly [setting: string]: unknown;
}

const client = (clientId: string, { attributes, ...settings }: ClientSettings = {}): Json => ({
  clientId,
  enabled: true,
  protocol: 'openid-connect',
  publicClient: true,
  standardFlowEnabled: true,
  directAccessGrantsEnabled: false,
  // A star stands for every address of the web, and for no other scheme.
  redirectUris: ['*', 'vscode://vscode-oidc.oidc-authentication/*'],
  webOrigins: ['+'],
  fullScopeAllowed: true,
  protocolMappers: [groups],
  ...settings,
  attributes: {
    'pkce.code.challenge.method': 'S256',
    'post.logout.redirect.uris': '+',
    'oauth2.device.authorization.grant.enabled': 'true',
    ...attributes,
  },
});

const confidential = (clientId: string, secret: string, settings: ClientSettings = {}): Json =>
  client(clientId, { publicClient: false, secret, clientAuthenticatorType: 'client-secret', ...settings });

const takes = (method: string): ClientSettings => ({
  attributes: { 'client.secret.authentication.allowed.method': method },
});

/** A client as the profiles for FAPI 2.0 demand it, whose tokens are bound in this way. */
const fapi = (clientId: string, binding: Readonly<Record<string, string>>): Json =>
  client(clientId, {
    publicClient: false,
    clientAuthenticatorType: 'client-jwt',
    consentRequired: true,
    fullScopeAllowed: false,
    // The profiles allow only https.
    redirectUris: ['https://company.example/shown', 'http://127.0.0.1/*'],
    attributes: {
      'use.jwks.string': 'true',
      'jwks.string': '{"keys":[]}',
      'token.endpoint.auth.signing.alg': 'ES256',
      'id.token.signed.response.alg': 'ES256',
      'access.token.signed.response.alg': 'ES256',
      'require.pushed.authorization.requests': 'true',
      ...binding,
    },
  });

const user = (username: string, settings: Json = {}): Json => ({
  username,
  enabled: true,
  emailVerified: true,
  email: `${username}@acme.example`,
  firstName: `${username.slice(0, 1).toUpperCase()}${username.slice(1)}`,
  lastName: 'Example',
  // The password is the name.
  credentials: [{ type: 'password', value: username, temporary: false }],
  realmRoles: [`default-roles-${realmName}`],
  ...settings,
});

export const realm: Json = {
  realm: realmName,
  displayName: 'Acme Staff',
  enabled: true,
  sslRequired: 'external',
  registrationAllowed: false,
  loginWithEmailAllowed: true,
  bruteForceProtected: false,
  accessTokenLifespan: 60,
  // Rotation: a refresh token is good for one refresh.
  revokeRefreshToken: true,
  refreshTokenMaxReuse: 0,
  ssoSessionIdleTimeout: 1800,
  oauth2DevicePollingInterval: 1,
  oauth2DeviceCodeLifespan: 120,
  groups: [{ name: 'developers' }, { name: 'admins' }],
  users: [
    user('alice', { groups: ['/developers', '/admins'] }),
    user('bob', { groups: ['/developers'] }),
    // The one person who may not stay signed in.
    user('carol', { realmRoles: [] }),
    {
      username: 'service-account-m2m',
      enabled: true,
      serviceAccountClientId: 'm2m',
      groups: ['/developers'],
    },
  ],
  clients: [
    client('vscode'),
    client('vscode-strict', {
      redirectUris: ['http://127.0.0.1/*', 'vscode://vscode-oidc.oidc-authentication/callback'],
      webOrigins: [],
    }),
    client('vscode-nodevice', { attributes: { 'oauth2.device.authorization.grant.enabled': 'false' } }),
    client('vscode-consent', { consentRequired: true }),
    confidential('vscode-odd', oddSecret),
    confidential('vscode-basic-only', 'basic-secret', takes('client_secret_basic')),
    confidential('vscode-post-only', 'post-secret', takes('client_secret_post')),
    client('vscode-jwt', {
      publicClient: false,
      clientAuthenticatorType: 'client-jwt',
      attributes: {
        'use.jwks.string': 'true',
        'jwks.string': '{"keys":[]}',
        'token.endpoint.auth.signing.alg': 'ES256',
      },
    }),
    client('vscode-par', { attributes: { 'require.pushed.authorization.requests': 'true' } }),
    client('vscode-dpop', { attributes: { 'dpop.bound.access.tokens': 'true' } }),
    fapi('vscode-fapi', { 'dpop.bound.access.tokens': 'true' }),
    fapi('vscode-fapi-mtls', { 'tls.client.certificate.bound.access.tokens': 'true' }),
    client('vscode-eddsa', {
      attributes: { 'id.token.signed.response.alg': 'EdDSA', 'access.token.signed.response.alg': 'EdDSA' },
    }),
    client('vscode-ps512', {
      attributes: { 'id.token.signed.response.alg': 'PS512', 'user.info.response.signature.alg': 'PS512' },
    }),
    client('vscode-norefresh', { attributes: { 'use.refresh.tokens': 'false' } }),
    client('vscode-nooffline', {
      defaultClientScopes: ['basic', 'acr', 'profile', 'email', 'roles', 'web-origins'],
      optionalClientScopes: ['address', 'phone'],
    }),
    client('vscode-stepup', { attributes: { 'acr.loa.map': JSON.stringify(levels) } }),
    confidential('m2m', 'm2m-secret', {
      standardFlowEnabled: false,
      serviceAccountsEnabled: true,
      redirectUris: [],
      attributes: { 'oauth2.device.authorization.grant.enabled': 'false' },
    }),
    { clientId: 'vscode-disabled', enabled: false, publicClient: true, redirectUris: ['*'] },
  ],
};
