import { registeredPort, type Preset } from './preset.ts';

export const atlassian: Preset = {
  label: 'Atlassian',
  values: {},
  definition: {
    endpoints: {
      authorization: 'https://auth.atlassian.com/authorize',
      token: 'https://auth.atlassian.com/oauth/token',
      userInfo: 'https://api.atlassian.com/me',
    },
    clientAuthentication: 'client_secret_post',
    scopes: ['read:me', 'offline_access'],
    audience: 'api.atlassian.com',
    prompt: 'consent',
    account: { id: 'account_id', label: ['email', 'name'] },
    // Atlassian doesn't document whether it accepts an editor's URL.
    redirect: { path: '/callback', accepts: ['loopback', 'https'], loopbackPorts: [registeredPort] },
    revocation: 'none',
  },
  registration: [
    'developer.atlassian.com → Developer console → Create → OAuth 2.0 integration.',
    'Permissions: User identity API (read:me), and those of the products that you need.',
    'Authorization → OAuth 2.0 (3LO) → Configure → Callback URL: exactly the one below.',
    'You enter the secret (Settings) at the first sign-in.',
  ],
  documentation: 'https://developer.atlassian.com/cloud/confluence/oauth-2-3lo-apps/',
};
