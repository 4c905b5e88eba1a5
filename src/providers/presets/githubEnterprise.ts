import { github, githubAnswers } from './github.ts';
import { host, type Preset } from './preset.ts';

export const githubEnterprise: Preset = {
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
    clientAuthentication: 'client_secret_post',
    scopes: ['read:user'],
    account: { id: 'id', label: ['login'] },
    answers: githubAnswers,
    // An OAuth app takes one callback only: that of this computer serves every editor, whatever its port.
    redirect: { path: '/callback', accepts: ['loopback', 'https'], loopbackHost: '127.0.0.1' },
    refreshEndsAccessToken: true,
    revocation: 'none',
  },
  registration: github.registration,
  documentation: github.documentation,
};
