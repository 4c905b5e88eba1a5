import { hostAndPath, type Preset } from './preset.ts';

export const keycloak: Preset = {
  label: 'Keycloak ({realm})',
  values: {
    host: {
      prompt: 'the host of Keycloak (with /auth for old versions)',
      example: 'login.example.com',
      pattern: hostAndPath,
    },
    realm: { prompt: 'the realm', example: 'staff', pattern: /^[A-Za-z0-9._~-]{1,100}$/ },
  },
  definition: {
    issuer: 'https://{host}/realms/{realm}',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    redirect: { path: '/callback', loopbackHost: '127.0.0.1' },
  },
  registration: [
    'Admin console → Clients → Create client: OpenID Connect, "Client authentication" off, "Standard flow" on.',
    'Valid redirect URIs: those below. http://127.0.0.1/* covers every port.',
    'For device codes: Capability config → OAuth 2.0 Device Authorization Grant.',
    'Users need the role offline_access to stay signed in. They have it by default.',
  ],
  documentation: 'https://www.keycloak.org/docs/latest/server_admin/#_oidc_clients',
};
