import { registeredPort, type Preset } from './preset.ts';

export const slack: Preset = {
  label: 'Slack',
  values: {},
  definition: {
    endpoints: {
      authorization: 'https://slack.com/oauth/v2/authorize',
      token: 'https://slack.com/api/oauth.v2.access',
      userInfo: 'https://slack.com/api/auth.test',
      revocation: 'https://slack.com/api/auth.revoke',
    },
    // For user tokens, not bot tokens.
    scopeParameter: 'user_scope',
    scopeSeparator: ',',
    scopes: ['users:read'],
    account: { id: 'user_id', label: ['user'] },
    answers: {
      errorsWithStatus200: true,
      tokensIn: 'authed_user',
      assumeBearer: true,
      errors: {
        invalid_refresh_token: 'invalid_grant',
        invalid_code: 'invalid_grant',
        code_already_used: 'invalid_grant',
        invalid_client_id: 'invalid_client',
        bad_client_secret: 'invalid_client',
      },
    },
    // An app with PKCE accepts these and has no secret. An app without PKCE accepts only https.
    redirect: { path: '/callback', loopbackHost: 'localhost', loopbackPorts: [registeredPort] },
    revocation: 'none',
  },
  registration: [
    'api.slack.com/apps → Create New App → OAuth & Permissions.',
    'Turn on PKCE there. The app then has no secret, and its sign-ins end after 30 days without use. Only Slack’s support can turn PKCE off again.',
    'Redirect URLs: those below.',
    'User Token Scopes: users:read, and those that extensions request. Such an app doesn’t get bot scopes.',
    'An app without PKCE accepts only https and has a secret. Host the bridge page (media/bridge.html), register its URL, set it as "redirect.bridge" with "redirect.accepts": ["https"], and set "clientAuthentication" to "client_secret_post".',
  ],
  documentation: 'https://docs.slack.dev/authentication/using-pkce/',
};
