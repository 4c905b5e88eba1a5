import { host, type Preset } from './preset.ts';

/** The settings that GitHub and GitHub Enterprise Server share: all except their URLs. */
const common = {
  definition: {
    clientAuthentication: 'client_secret_post',
    scopes: ['read:user'],
    account: { id: 'id', label: ['login'] },
    answers: {
      errorsWithStatus200: true,
      formEncoded: true,
      scopeSeparator: ',',
      errors: {
        bad_verification_code: 'invalid_grant',
        bad_refresh_token: 'invalid_grant',
        incorrect_client_credentials: 'invalid_client',
      },
    },
    // An OAuth app takes one callback only: that of this computer serves every editor, whatever its port.
    redirect: { path: '/callback', accepts: ['loopback', 'https'], loopbackHost: '127.0.0.1' },
    // A GitHub App's refresh ends the old access token. An OAuth app's token never expires.
    refreshEndsAccessToken: true,
    revocation: 'none',
  },
  registration: [
    'Settings → Developer settings → OAuth Apps (or GitHub Apps) → New.',
    'Authorization callback URL: the redirect URI below. An OAuth app accepts only one, and GitHub ignores its port.',
    'Generate a client secret. You enter it at the first sign-in.',
    'For device codes, select "Enable Device Flow".',
  ],
  documentation: 'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/creating-an-oauth-app',
} satisfies Partial<Preset>;

export const github: Preset = {
  ...common,
  label: 'GitHub',
  values: {},
  definition: {
    // GitHub has no metadata for user sign-in and no ID token, so the API identifies the account.
    endpoints: {
      authorization: 'https://github.com/login/oauth/authorize',
      token: 'https://github.com/login/oauth/access_token',
      deviceAuthorization: 'https://github.com/login/device/code',
      userInfo: 'https://api.github.com/user',
    },
    ...common.definition,
  },
};

export const githubEnterprise: Preset = {
  ...common,
  label: 'GitHub Enterprise ({host})',
  values: {
    host: { prompt: 'the host of GitHub Enterprise Server', example: 'github.example.com', pattern: host },
  },
  definition: {
    endpoints: {
      authorization: 'https://{host}/login/oauth/authorize',
      token: 'https://{host}/login/oauth/access_token',
      deviceAuthorization: 'https://{host}/login/device/code',
      userInfo: 'https://{host}/api/v3/user',
    },
    ...common.definition,
  },
};
