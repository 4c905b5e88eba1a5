import type { Preset } from './preset.ts';

export const google: Preset = {
  label: 'Google',
  values: {},
  definition: {
    issuer: 'https://accounts.google.com',
    clientAuthentication: 'client_secret_post',
    scopes: ['openid', 'profile', 'email'],
    // In place of `offline_access`: without `prompt=consent` only the very first sign-in gets a refresh token.
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    answers: {
      names: { verification_url: 'verification_uri' },
      // It grants these scopes under their long names, whichever it was asked for.
      scopeNames: {
        'https://www.googleapis.com/auth/userinfo.email': 'email',
        'https://www.googleapis.com/auth/userinfo.profile': 'profile',
      },
    },
    account: { label: ['email', 'name', 'sub'] },
    // Of a "Desktop app", Google takes no other.
    redirect: { path: '/callback', accepts: ['loopback'], loopbackHost: '127.0.0.1' },
  },
  registration: [
    'Google Cloud console → Google Auth Platform → Clients → Create client.',
    'Application type: "Desktop app". You don’t need to register a redirect URI: loopback URLs are allowed.',
    'Copy the client secret: Google shows it only once, and requires it for desktop apps too. You enter it at the first sign-in.',
    'Device codes need another client of the type "TVs and Limited Input devices".',
  ],
  documentation: 'https://developers.google.com/identity/protocols/oauth2/native-app',
};
