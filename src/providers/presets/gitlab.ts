import { host, type Preset } from './preset.ts';

export const gitlab: Preset = {
  label: 'GitLab ({host})',
  values: {
    host: {
      prompt: 'the host of GitLab',
      example: 'gitlab.example.com',
      pattern: host,
      fallback: 'gitlab.com',
    },
  },
  definition: {
    issuer: 'https://{host}',
    // The metadata of some versions lists the grant and leaves out its endpoint.
    endpoints: { deviceAuthorization: 'https://{host}/oauth/authorize_device' },
    scopes: ['openid', 'profile', 'email'],
    // Group names come only from UserInfo, and the expiry of a token might come only from introspection.
    claimSources: ['userinfo', 'introspection'],
    account: { label: ['nickname', 'preferred_username', 'email', 'name', 'sub'] },
    redirect: { path: '/callback', loopbackHost: '127.0.0.1' },
    refreshEndsAccessToken: true,
    sendRedirectUriOnRefresh: true,
  },
  registration: [
    'User settings (or a group’s, or the Admin area) → Applications → Add new application.',
    'Redirect URI: those below, one per line. GitLab ignores the port of http://127.0.0.1.',
    'Clear "Confidential".',
    'Select the scopes openid, profile, and email, and those that extensions request.',
  ],
  documentation: 'https://docs.gitlab.com/integration/oauth_provider/',
};
