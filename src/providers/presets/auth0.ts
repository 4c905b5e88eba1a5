import { host, registeredPort, type Preset } from './preset.ts';

export const auth0: Preset = {
  label: 'Auth0 ({domain})',
  values: {
    domain: { prompt: 'the domain of the Auth0 tenant', example: 'acme.eu.auth0.com', pattern: host },
  },
  definition: {
    // Ends with a slash, and is compared exactly.
    issuer: 'https://{domain}/',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    // Neither a loopback URL nor a custom scheme can be verified, so both might show users a confirmation page.
    redirect: { path: '/callback', loopbackPorts: [registeredPort] },
  },
  registration: [
    'Dashboard → Applications → Create Application → Native.',
    'Allowed Callback URLs: the redirect URIs below, separated by commas.',
    'Users might have to confirm a sign-in that needs no other input. To change that, use "Non-Verifiable Callback URI End-User Confirmation" under Settings → Advanced of the tenant or application.',
    'Settings → Advanced Settings → Grant Types: Authorization Code, Refresh Token, Device Code.',
    'For an access token for an API, set "audience" to the identifier of the API.',
    'With refresh token rotation, set "rotationGrace" to the overlap period chosen there.',
  ],
  documentation: 'https://auth0.com/docs/get-started/applications',
  redirectUris: 'https://auth0.com/docs/secure/security-guidance/measures-against-app-impersonation',
};
