import type { Preset } from './preset.ts';

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
    clientAuthentication: 'client_secret_post',
    // Of a person, not of a bot.
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
    redirect: { path: '/callback' },
    revocation: 'none',
  },
  registration: [
    'api.slack.com/apps → Create New App → OAuth & Permissions.',
    'Redirect URLs must be https: host the bridge page (media/bridge.html), register its address and set it as "redirect.bridge".',
    'User Token Scopes: users:read, and those that extensions ask for.',
    'The client secret (Basic Information) is asked for at the first sign-in.',
  ],
  documentation: 'https://docs.slack.dev/authentication/installing-with-oauth/',
};
