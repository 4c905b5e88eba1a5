import { host, registeredPort, type Preset } from './preset.ts';

export const salesforce: Preset = {
  label: 'Salesforce ({host})',
  values: {
    host: {
      prompt: 'the sign-in host: your domain’s, a sandbox’s (test.salesforce.com), or the common one',
      example: 'acme.my.salesforce.com',
      pattern: host,
      fallback: 'login.salesforce.com',
    },
  },
  definition: {
    issuer: 'https://{host}',
    scopes: ['openid', 'profile', 'email', 'api', 'refresh_token'],
    // The response often omits the lifetime. Two hours is the session timeout unless an administrator changed it.
    assumedTokenLifetime: 7200,
    // Where the API is: it is on another host for each organization.
    answers: { keep: ['instance_url', 'id'] },
    // Plain http is for localhost only.
    redirect: { path: '/callback', loopbackHost: 'localhost', loopbackPorts: [registeredPort] },
  },
  registration: [
    'Setup → External Client App Manager → New External Client App → API (Enable OAuth Settings) → Enable OAuth.',
    'Callback URL: those below, one per line.',
    'Scopes: openid, profile, email, api, refresh_token. Require PKCE. Clear "Require secret for Web Server Flow" and "Require secret for Refresh Token Flow".',
    'Device codes have been blocked for new apps since September 2025.',
  ],
  documentation: 'https://help.salesforce.com/s/articleView?id=xcloud.external_client_apps.htm',
};
