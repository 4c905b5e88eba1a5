import { host, registeredPort, type Preset } from './preset.ts';

export const okta: Preset = {
  label: 'Okta ({domain})',
  values: {
    domain: { prompt: 'the Okta domain', example: 'acme.okta.com', pattern: host },
    server: {
      prompt: 'the path of a custom authorization server, or empty for the organization’s server',
      example: '/oauth2/default',
      pattern: /^(?:\/oauth2\/[A-Za-z0-9_-]{1,60})?$/,
      fallback: '',
    },
  },
  definition: {
    issuer: 'https://{domain}{server}',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    // Redirect URIs are compared with their port.
    redirect: { path: '/callback', loopbackPorts: [registeredPort] },
    // The grace period of rotation is 0 to 60 seconds, 30 unless it was changed.
    rotationGrace: 30,
  },
  registration: [
    'Admin console → Applications → Create App Integration → OIDC, Native Application.',
    'Grant types: Authorization Code and Refresh Token, and optionally Device Authorization.',
    'Sign-in redirect URIs: exactly those below.',
    'Set "rotationGrace" to the grace period chosen there, if it isn’t 30 seconds.',
  ],
  documentation: 'https://help.okta.com/en-us/content/topics/apps/apps_app_integration_wizard_oidc.htm',
};
