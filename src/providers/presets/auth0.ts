import { host, registeredPort, type Preset } from './preset.ts';

export const auth0: Preset = {
  label: 'Auth0 ({domain})',
  values: {
    domain: { prompt: 'the domain of the Auth0 tenant', example: 'acme.eu.auth0.com', pattern: host },
  },
  definition: {
    // With a slash at its end, and compared to the letter.
    issuer: 'https://{domain}/',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    // Neither a loopback address nor a custom scheme can be verified: both may cost people a confirmation page.
    redirect: { path: '/callback', loopbackPorts: [registeredPort] },
  },
  registration: [
    'Dashboard → Applications → Create Application → Native.',
    'Allowed Callback URLs: the redirect URIs below, with commas between.',
    'People may be asked to confirm a sign-in that would need no answer else; Settings → Advanced of tenant or application has "Non-Verifiable Callback URI End-User Confirmation" for it.',
    'Settings → Advanced → Grant Types: Authorization Code, Refresh Token, Device Code.',
    'For an access token for an API, set "audience" to the identifier of the API.',
    'With refresh token rotation, set "rotationGrace" to the overlap period that is chosen there.',
  ],
  documentation: 'https://auth0.com/docs/get-started/applications',
  redirectUris: 'https://auth0.com/docs/secure/security-guidance/measures-against-app-impersonation',
};
