import { registeredPort, type Preset } from './preset.ts';

export const cognito: Preset = {
  label: 'Amazon Cognito ({pool})',
  values: {
    region: { prompt: 'the AWS region', example: 'eu-central-1', pattern: /^[a-z]{2}(?:-[a-z]+)+-\d$/ },
    pool: {
      prompt: 'the ID of the user pool',
      example: 'eu-central-1_AbCdEf123',
      pattern: /^[\w-]+_[A-Za-z0-9]+$/,
    },
  },
  definition: {
    // The metadata names endpoints on the host of the user pool's domain. Cognito has no device codes.
    issuer: 'https://cognito-idp.{region}.amazonaws.com/{pool}',
    scopes: ['openid', 'profile', 'email'],
    account: { label: ['email', 'cognito:username', 'username', 'sub'] },
    redirect: { path: '/callback', loopbackHost: 'localhost', loopbackPorts: [registeredPort] },
  },
  registration: [
    'Cognito → User pools → your pool → App clients → Create: "Mobile app" (public client, no secret).',
    'The pool needs a domain (Branding → Domain), where the sign-in page is hosted.',
    'Allowed callback URLs: those below. Cognito accepts http only for localhost, and custom schemes for apps.',
    'Grant: authorization code. Scopes: openid, profile, email.',
  ],
  documentation:
    'https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html',
  redirectUris:
    'https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html',
};
