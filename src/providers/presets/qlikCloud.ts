import { host, registeredPort, type Preset } from './preset.ts';

const create = 'Administration → OAuth → Create new: client type';

const native = [
  `${create} "Native". ("Single-page app" works the same way.)`,
  'Allowed scopes: user_default, and offline_access to stay signed in.',
  'Redirect URLs: those below, to the letter.',
];

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
      detail: 'People sign in with the browser. The client is public: PKCE, no secret.',
      registration: native,
      definition: {},
    },
    'registers-itself': {
      label: 'Registers itself',
      detail: 'People sign in with the browser. The editor registers itself, where the tenant allows that.',
      registration: [
        'An administrator allows it: Administration → OAuth → dynamic client registration.',
        'An administrator is the first to sign in, within an hour of the registration: that approves the client.',
        'No client id is set.',
      ],
      definition: {},
      registersItself: true,
    },
    web: {
      label: 'Web',
      detail: 'People sign in with the browser. The client has a secret or a key.',
      registration: [
        `${create} "Web".`,
        'Allowed scopes: user_default, and offline_access to stay signed in.',
        'Redirect URLs: those below, to the letter.',
        'Authentication method: client secret; or private key JWT, then "clientAuthentication" is "private_key_jwt".',
      ],
      definition: { clientAuthentication: 'client_secret_post' },
    },
    'machine-to-machine': {
      label: 'Machine-to-machine',
      detail: 'Nobody signs in: the client acts as itself.',
      registration: [
        `${create} "Web", and tick "Allow Machine-to-Machine (M2M)".`,
        'Allowed scopes: user_default, and what the client is to do.',
        'Copy client id and secret; then, in the menu of the client, change the consent method to "Trusted".',
        'No redirect URL is needed.',
      ],
      definition: { signInMethod: 'client-credentials', clientAuthentication: 'client_secret_post' },
    },
    impersonation: {
      label: 'Machine-to-machine impersonation',
      detail: 'Nobody signs in: the client acts in the name of a user of the tenant.',
      registration: [
        `${create} "Web", and tick "Machine-to-machine impersonation".`,
        'Allowed scopes: user_default.',
        'Copy client id and secret; then, in the menu of the client, change the consent method to "Trusted".',
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
