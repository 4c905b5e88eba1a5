import type { FailureCode } from '../../src/protocol/failures/failure.ts';
import type { PresetName } from '../../src/providers/settings/presetNames.ts';
import type { ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { json } from '../servers/hostile/replies.ts';
import type { Quirks } from '../servers/quirkyProvider.ts';

/** How one real provider behaves, and what must come of a sign-in with its preset. */
export interface RealProvider {
  readonly values?: Readonly<Record<string, string>>;
  readonly quirks: Quirks;
  readonly account: { readonly id: string; readonly label: string };
  readonly grantedScopes: readonly string[];
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Whether it is known when the token ends. */
  readonly ends: 'said' | 'assumed' | 'never';
  /** Where the trust leads that the settings alone do not show. */
  readonly deviceCodes: boolean;
  /** The preset without what this provider needs: the sign-in must fail. */
  readonly strict?: { readonly definition: Partial<ProviderDefinition>; readonly fails: FailureCode };
}

const editorUri = /^vscode:\/\/vscode-oidc\.oidc-authentication\/callback$/;
/** With any port, or only that which is registered. */
const anyLoopback = /^http:\/\/127\.0\.0\.1:\d+\/callback$/;
const anyLocalhost = /^http:\/\/localhost:\d+\/callback$/;
const exactLoopback = /^http:\/\/127\.0\.0\.1:47811\/callback$/;
const exactLocalhost = /^http:\/\/localhost:47811\/callback$/;

const github = (origin: string, user: string): Quirks => ({
  client: {
    id: 'editor',
    authentication: 'client_secret_post',
    secret: 'the-secret',
    redirectUris: [anyLoopback, editorUri],
  },
  at: {
    authorization: `${origin}/login/oauth/authorize`,
    token: `${origin}/login/oauth/access_token`,
    device: `${origin}/login/device/code`,
    user,
  },
  user: { login: 'octocat', id: 583_231, name: 'Mona', email: null },
  scopeSeparator: ' ',
  refresh: 'rotates and ends the access token',
  lifetime: 28_800,
  answer: body => ({ ...body, token_type: 'bearer', scope: String(body['scope']).replaceAll(' ', ',') }),
  // GitHub says everything with status 200.
  refuse: (error, description) => json({ error, error_description: description }, 200),
  errorCodes: { invalid_grant: 'bad_refresh_token', invalid_client: 'incorrect_client_credentials' },
});

const oidc = (issuer: string, endpoints: string, more: Partial<Quirks> & Pick<Quirks, 'client'>): Quirks => {
  const at = {
    authorization: `${endpoints}/authorize`,
    token: `${endpoints}/token`,
    keys: `${endpoints}/keys`,
    user: `${endpoints}/userinfo`,
    revocation: `${endpoints}/revoke`,
    metadata: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    ...more.at,
  };
  return {
    refresh: 'rotates',
    lifetime: 3600,
    idToken: { sub: 'subject-1', preferred_username: 'alice' },
    ...more,
    at,
    metadata: {
      issuer,
      authorization_endpoint: at.authorization,
      token_endpoint: at.token,
      jwks_uri: at.keys,
      userinfo_endpoint: at.user,
      revocation_endpoint: at.revocation,
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
      ...(at.device !== undefined && { device_authorization_endpoint: at.device }),
      ...more.metadata,
    },
  };
};

const publicClient = (...redirectUris: RegExp[]): Quirks['client'] => ({
  id: 'editor',
  authentication: 'none',
  redirectUris,
});
const confidential = (...redirectUris: RegExp[]): Quirks['client'] => ({
  id: 'editor',
  authentication: 'client_secret_post',
  secret: 'the-secret',
  redirectUris,
});

const tenant = '6f0d1c0e-7f5b-4d4b-9f3c-2b1f4b1f0a11';

export const realProviders: Readonly<Record<PresetName, RealProvider>> = {
  github: {
    quirks: github('https://github.com', 'https://api.github.com/user'),
    account: { id: '583231', label: 'octocat' },
    grantedScopes: ['read:user', 'repo'],
    claims: { login: 'octocat', name: 'Mona' },
    ends: 'said',
    deviceCodes: true,
  },
  'github-enterprise': {
    values: { host: 'github.example.com' },
    // An OAuth app without expiry, whose answers are form-encoded whatever is asked for.
    quirks: {
      ...github('https://github.example.com', 'https://github.example.com/api/v3/user'),
      refresh: 'no refresh token',
      formEncoded: true,
      lifetime: undefined as never,
    },
    account: { id: '583231', label: 'octocat' },
    grantedScopes: ['read:user', 'repo'],
    ends: 'never',
    deviceCodes: true,
  },
  gitlab: {
    values: { host: 'gitlab.example.com' },
    quirks: {
      ...oidc('https://gitlab.example.com', 'https://gitlab.example.com/oauth', {
        client: publicClient(anyLoopback, editorUri),
        at: {
          authorization: 'https://gitlab.example.com/oauth/authorize',
          token: 'https://gitlab.example.com/oauth/token',
          device: 'https://gitlab.example.com/oauth/authorize_device',
          introspection: 'https://gitlab.example.com/oauth/introspect',
        },
        idToken: { sub: '42', nickname: 'tanuki' },
        user: { sub: '42', nickname: 'tanuki', groups: ['teams/developers'] },
        refresh: 'rotates and ends the access token',
        refreshWants: ['redirect_uri'],
        // Lists the grant, but not the endpoint.
        metadata: {
          device_authorization_endpoint: undefined,
          introspection_endpoint: 'https://gitlab.example.com/oauth/introspect',
        },
      }),
      lifetime: undefined as never,
      introspection: { exp: Math.floor(Date.now() / 1000) + 7200, scope: 'openid', client_id: 'editor' },
    },
    account: { id: '42', label: 'tanuki' },
    grantedScopes: ['openid', 'profile', 'email', 'repo'],
    claims: { groups: ['teams/developers'] },
    ends: 'said',
    deviceCodes: true,
    strict: { definition: { sendRedirectUriOnRefresh: false }, fails: 'request-refused' },
  },
  google: {
    quirks: oidc('https://accounts.google.com', 'https://oauth2.googleapis.com', {
      client: confidential(anyLoopback),
      at: {
        authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
        token: 'https://oauth2.googleapis.com/token',
        device: 'https://oauth2.googleapis.com/device/code',
      },
      idToken: { sub: '10769150350006150715113082367', email: 'alice@example.com', name: 'Alice' },
      wants: { access_type: 'offline', prompt: 'consent' },
      refresh: 'stays',
      answer: body => ({
        ...body,
        scope: String(body['scope']).replaceAll(
          /\b(email|profile)\b/g,
          'https://www.googleapis.com/auth/userinfo.$1',
        ),
      }),
      device: ({ verification_uri: uri, ...body }) => ({ ...body, verification_url: uri }),
      pendingStatus: 428,
    }),
    account: { id: '10769150350006150715113082367', label: 'alice@example.com' },
    grantedScopes: ['openid', 'profile', 'email', 'repo'],
    ends: 'said',
    deviceCodes: true,
    strict: { definition: { authorizationParameters: {} }, fails: 'no-response' },
  },
  entra: {
    values: { tenant: 'organizations' },
    quirks: {
      ...oidc(
        'https://login.microsoftonline.com/{tenantid}/v2.0',
        'https://login.microsoftonline.com/organizations/oauth2/v2.0',
        {
          client: publicClient(anyLocalhost, editorUri),
          at: {
            authorization: 'https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize',
            token: 'https://login.microsoftonline.com/organizations/oauth2/v2.0/token',
            metadata: 'https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration',
            device: 'https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode',
            user: 'https://graph.microsoft.com/oidc/userinfo',
          },
          idToken: {
            iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
            tid: tenant,
            sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
            preferred_username: 'alice@contoso.example',
          },
          metadata: { revocation_endpoint: undefined },
        },
      ),
    },
    account: { id: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ', label: 'alice@contoso.example' },
    grantedScopes: ['openid', 'profile', 'email', 'offline_access', 'repo'],
    ends: 'said',
    deviceCodes: true,
    strict: {
      definition: { allowedTenants: ['00000000-0000-4000-8000-000000000000'] },
      fails: 'token-untrusted',
    },
  },
  okta: {
    values: { domain: 'acme.okta.example', server: '/oauth2/default' },
    quirks: oidc('https://acme.okta.example/oauth2/default', 'https://acme.okta.example/oauth2/default/v1', {
      client: publicClient(exactLoopback, editorUri),
    }),
    account: { id: 'subject-1', label: 'alice' },
    grantedScopes: ['openid', 'profile', 'email', 'offline_access', 'repo'],
    ends: 'said',
    deviceCodes: false,
  },
  auth0: {
    values: { domain: 'acme.eu.auth0.example' },
    quirks: oidc('https://acme.eu.auth0.example/', 'https://acme.eu.auth0.example/oauth', {
      client: publicClient(exactLoopback, editorUri),
    }),
    account: { id: 'subject-1', label: 'alice' },
    grantedScopes: ['openid', 'profile', 'email', 'offline_access', 'repo'],
    ends: 'said',
    deviceCodes: false,
    // Without the slash at its end it is another issuer.
    strict: { definition: { issuer: 'https://acme.eu.auth0.example' }, fails: 'issuer-mismatch' },
  },
  keycloak: {
    values: { host: 'login.example.com', realm: 'staff' },
    quirks: oidc(
      'https://login.example.com/realms/staff',
      'https://login.example.com/realms/staff/protocol/openid-connect',
      { client: publicClient(anyLoopback, editorUri), refresh: 'stays' },
    ),
    account: { id: 'subject-1', label: 'alice' },
    grantedScopes: ['openid', 'profile', 'email', 'offline_access', 'repo'],
    ends: 'said',
    deviceCodes: false,
  },
  'qlik-cloud': {
    values: { host: 'acme.eu.qlikcloud.example' },
    quirks: oidc('https://acme.eu.qlikcloud.example', 'https://acme.eu.qlikcloud.example/oauth', {
      client: publicClient(exactLoopback, editorUri),
      at: {
        authorization: 'https://acme.eu.qlikcloud.example/oauth/authorize',
        token: 'https://acme.eu.qlikcloud.example/oauth/token',
        user: 'https://acme.eu.qlikcloud.example/api/v1/users/me',
      },
      idToken: undefined as never,
      user: { id: 'Yl9kZXZlbG9wZXI', name: 'Alice Liddell', email: 'alice@example.com' },
      refuse: (error, description) => json({ error, error_code: 'OAUTH-14', error_detail: description }, 400),
    }),
    account: { id: 'Yl9kZXZlbG9wZXI', label: 'alice@example.com' },
    grantedScopes: ['user_default', 'offline_access', 'repo'],
    ends: 'said',
    deviceCodes: false,
  },
  atlassian: {
    quirks: {
      client: confidential(exactLoopback),
      at: {
        authorization: 'https://auth.atlassian.com/authorize',
        token: 'https://auth.atlassian.com/oauth/token',
        user: 'https://api.atlassian.com/me',
      },
      user: { account_id: '712020:abc', email: 'alice@example.com', name: 'Alice' },
      wants: { audience: 'api.atlassian.com', prompt: 'consent' },
      ignoresPkce: true,
      refresh: 'rotates',
      lifetime: 3600,
    },
    account: { id: '712020:abc', label: 'alice@example.com' },
    grantedScopes: ['read:me', 'offline_access', 'repo'],
    ends: 'said',
    deviceCodes: false,
    strict: { definition: { audience: 'elsewhere' }, fails: 'no-response' },
  },
  slack: {
    quirks: {
      client: publicClient(exactLocalhost, editorUri),
      at: {
        authorization: 'https://slack.com/oauth/v2/authorize',
        token: 'https://slack.com/api/oauth.v2.access',
        user: 'https://slack.com/api/auth.test',
      },
      user: { ok: true, user: 'alice', user_id: 'U061F7AUR', team: 'Acme' },
      scopeParameter: 'user_scope',
      scopeSeparator: ',',
      refresh: 'rotates',
      lifetime: 43_200,
      answer: ({ token_type: _, ...tokens }) => ({
        ok: true,
        app_id: 'A0',
        team: { id: 'T0', name: 'Acme' },
        authed_user: { ...tokens, token_type: 'user', id: 'U061F7AUR' },
      }),
      refuse: error => json({ ok: false, error }, 200),
      errorCodes: { invalid_grant: 'invalid_refresh_token', invalid_client: 'bad_client_secret' },
    },
    account: { id: 'U061F7AUR', label: 'alice' },
    grantedScopes: ['users:read', 'repo'],
    ends: 'said',
    deviceCodes: false,
    strict: {
      definition: { answers: { errorsWithStatus200: true, tokensIn: 'authed_user' } },
      fails: 'response-invalid',
    },
  },
  salesforce: {
    quirks: oidc('https://login.salesforce.com', 'https://login.salesforce.com/services/oauth2', {
      client: publicClient(exactLocalhost, editorUri),
      refresh: 'stays',
      lifetime: undefined as never,
      answer: body => ({
        ...body,
        instance_url: 'https://acme.my.salesforce.com',
        id: 'https://login.salesforce.com/id/00D/005',
      }),
    }),
    account: { id: 'subject-1', label: 'alice' },
    grantedScopes: ['openid', 'profile', 'email', 'api', 'refresh_token', 'repo'],
    claims: { instance_url: 'https://acme.my.salesforce.com' },
    ends: 'assumed',
    deviceCodes: false,
  },
  cognito: {
    values: { region: 'eu-central-1', pool: 'eu-central-1_AbCdEf123' },
    quirks: oidc(
      'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf123',
      // The domain of the user pool.
      'https://acme.auth.eu-central-1.amazoncognito.com/oauth2',
      {
        client: publicClient(exactLocalhost, editorUri),
        idToken: { sub: 'subject-1', 'cognito:username': 'alice' },
        refresh: 'stays',
      },
    ),
    account: { id: 'subject-1', label: 'alice' },
    grantedScopes: ['openid', 'profile', 'email', 'repo'],
    ends: 'said',
    deviceCodes: false,
  },
  ping: {
    values: { region: 'eu', environment: '0a1b2c3d-0000-4000-8000-000000000000' },
    quirks: oidc(
      'https://auth.pingone.eu/0a1b2c3d-0000-4000-8000-000000000000/as',
      'https://auth.pingone.eu/0a1b2c3d-0000-4000-8000-000000000000/as',
      { client: publicClient(anyLoopback, editorUri) },
    ),
    account: { id: 'subject-1', label: 'alice' },
    grantedScopes: ['openid', 'profile', 'email', 'repo'],
    ends: 'said',
    deviceCodes: false,
  },
};
