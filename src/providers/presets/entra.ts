import type { Preset } from './preset.ts';

export const entra: Preset = {
  label: 'Microsoft Entra ID',
  values: {
    tenant: {
      prompt: 'the ID or domain of the tenant, or "organizations" for all of them',
      example: 'contoso.onmicrosoft.com',
      pattern: /^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$/,
    },
  },
  definition: {
    // Of "organizations" and "common" the metadata names no issuer but this template.
    issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
    metadataUrl: 'https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    answers: {
      errors: { authorization_declined: 'access_denied', bad_verification_code: 'expired_token' },
    },
    // Entra ignores the port of http://localhost, and of 127.0.0.1 only if the manifest was edited by hand.
    redirect: { path: '/callback', loopbackHost: 'localhost' },
    // The scopes name the resource. Sending `resource` as well is an error (AADSTS9010010).
    resourceOfChallenge: false,
    revocation: 'none',
  },
  registration: [
    'Entra admin center → App registrations → New registration.',
    'Authentication → Add a platform → Mobile and desktop applications: the redirect URIs below. The port of http://localhost is ignored.',
    'For device codes: Authentication → Allow public client flows.',
    'To allow only some tenants with "organizations", set "allowedTenants" to their IDs.',
  ],
  documentation: 'https://learn.microsoft.com/entra/identity-platform/quickstart-register-app',
};
