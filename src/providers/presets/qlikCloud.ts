import { host, registeredPort, type Preset } from './preset.ts';

const create = 'Administration → OAuth → Create new: client type';

const native = [
  `${create} "Native". ("Single-page app" works, too.)`,
  'Allowed scopes: user_default, and offline_access to stay signed in.',
  'Redirect URLs: exactly those below.',
];

export const qlikCloud: Preset = {
  label: 'Qlik Cloud ({host})',
  values: {
    host: { prompt: 'the host of the tenant', example: 'acme.eu.qlikcloud.com', pattern: host },
  },
  definition: {
    issuer: 'https://{host}',
    scopes: ['user_default', 'offline_access'],
    // The API identifies the owner of the token, because an ID token is optional.
    endpoints: { userInfo: 'https://{host}/api/v1/users/me' },
    account: { id: 'id', label: ['email', 'name', 'id'] },
    // It takes neither another audience nor the algorithm that is usual elsewhere.
    assertionAudience: 'token-endpoint',
    assertionAlgorithm: 'ES384',
    // Its errors come as a list, or have the reason in a member of their own.
    answers: {
      errorList: true,
      names: { error_detail: 'error_description' },
      errors: { 'OAUTH-14': 'invalid_client' },
    },
    redirect: { path: '/callback', loopbackPorts: [registeredPort] },
  },
  registration: native,
  clients: {
    native: {
      label: 'Native',
      detail: 'Users sign in with the browser. The client is public: PKCE, no secret.',
      registration: native,
      definition: {},
    },
    'registers-itself': {
      label: 'Registers itself',
      detail: 'Users sign in with the browser. The editor registers itself, if the tenant allows it.',
      registration: [
        'An administrator allows it: Administration → OAuth → dynamic client registration.',
        'An administrator signs in first, within an hour of the registration, which approves the client.',
        'No client ID is needed.',
      ],
      definition: {},
      registersItself: true,
    },
    web: {
      label: 'Web',
      detail: 'Users sign in with the browser. The client has a secret or a key.',
      registration: [
        `${create} "Web".`,
        'Allowed scopes: user_default, and offline_access to stay signed in.',
        'Redirect URLs: exactly those below.',
        'Authentication method: client secret, or private key JWT with "clientAuthentication" set to "private_key_jwt".',
      ],
      definition: { clientAuthentication: 'client_secret_post' },
    },
    'machine-to-machine': {
      label: 'Machine-to-machine',
      detail: 'No user signs in. The client acts as itself.',
      registration: [
        `${create} "Web", and tick "Allow Machine-to-Machine (M2M)".`,
        'Allowed scopes: user_default, and those for what the client does.',
        'Copy the client ID and secret. Then change the consent method to "Trusted" in the client’s menu.',
        'No redirect URL is needed.',
      ],
      definition: { signInMethod: 'client-credentials', clientAuthentication: 'client_secret_post' },
    },
    impersonation: {
      label: 'Machine-to-machine impersonation',
      detail: 'No user signs in. The client acts for a user of the tenant.',
      registration: [
        `${create} "Web", and tick "Machine-to-machine impersonation".`,
        'Allowed scopes: user_default.',
        'Copy the client ID and secret. Then change the consent method to "Trusted" in the client’s menu.',
        'The user must exist in the tenant. No redirect URL is needed.',
      ],
      definition: {
        signInMethod: 'impersonation',
        clientAuthentication: 'client_secret_post',
        userLookup: { field: 'userId', value: '<the id of the user>' },
      },
    },
  },
  documentation: 'https://qlik.dev/authenticate/oauth/create/create-oauth-client/',
};
