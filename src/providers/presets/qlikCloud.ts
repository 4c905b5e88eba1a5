import { host, registeredPort, type Preset } from './preset.ts';

export const qlikCloud: Preset = {
  label: 'Qlik Cloud ({host})',
  values: {
    host: { prompt: 'the host of the tenant', example: 'acme.eu.qlikcloud.com', pattern: host },
  },
  definition: {
    issuer: 'https://{host}',
    scopes: ['user_default', 'offline_access'],
    // Who the token belongs to is what the API says; there need not be an ID token.
    endpoints: { userInfo: 'https://{host}/api/v1/users/me' },
    account: { id: 'id', label: ['email', 'name', 'id'] },
    // Its errors have the reason in a member of their own.
    answers: { names: { error_detail: 'error_description' } },
    redirect: { path: '/callback', loopbackPorts: [registeredPort] },
  },
  registration: [
    'Administration → OAuth → Create new: client type "Native" (or "Single-page app").',
    'Allowed scopes: user_default and offline_access.',
    'Redirect URLs: those below, to the letter.',
    'A client of the type "Web" has a secret: set "clientAuthentication" for it.',
  ],
  documentation: 'https://qlik.dev/authenticate/oauth/create/create-oauth-client/',
};
