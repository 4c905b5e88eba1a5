import type { Preset } from './preset.ts';

export const ping: Preset = {
  label: 'PingOne',
  values: {
    region: {
      prompt: 'the end of the host name of your region (com, eu, ca, asia, com.au or sg)',
      example: 'eu',
      pattern: /^(?:com|eu|ca|asia|com\.au|sg)$/,
      fallback: 'com',
    },
    environment: {
      prompt: 'the ID of the environment',
      example: '0a1b2c3d-0000-4000-8000-000000000000',
      pattern: /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/,
    },
  },
  definition: {
    issuer: 'https://auth.pingone.{region}/{environment}/as',
    scopes: ['openid', 'profile', 'email'],
    // PingOne accepts a loopback URI with any port. It doesn't document whether it accepts an editor's scheme.
    redirect: { path: '/callback', loopbackHost: '127.0.0.1' },
  },
  registration: [
    'PingOne admin console → Applications → Applications → Add: OIDC, "Native".',
    'Grant types: Authorization Code with PKCE "S256_required", Refresh Token, and optionally Device Authorization.',
    'Token auth method: None.',
    'Redirect URIs: exactly those below. PingOne accepts a loopback URI with any port.',
  ],
  documentation: 'https://docs.pingidentity.com/pingone/applications/p1_add_app_native.html',
  redirectUris: 'https://docs.pingidentity.com/pingone/applications/p1_wildcard_redirect_uri.html',
};
