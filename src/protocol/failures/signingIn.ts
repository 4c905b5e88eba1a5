import type { FailureText } from './text.ts';

/** Between the click and the answer of the browser or device: methods, registration, refusals, and the way out. */
export const signInFailures = {
  'method-unsupported': {
    what: '{issuer} does not offer what this way to sign in needs: {missing}.',
    next: 'Choose another way to sign in, or ask the administrator of the provider to enable it.',
    button: 'other-ways',
  },
  'redirect-shared': {
    what: 'This way to sign in is closed: {why}',
    next: 'Sign in another way until then.',
    button: 'other-ways',
  },
  'issuer-forbidden': {
    what: 'The extension {extension} doesn’t allow you to sign in at {address}.',
    next: 'Ask your administrator.',
    button: 'none',
  },
  'no-way': {
    what: 'There is no way to sign in at {issuer} from here. {why}',
    next: 'Ask the administrator of the provider for one of these, or change the settings of the provider.',
    button: 'diagnose',
  },
  'port-taken': {
    what: 'The answer of the browser cannot be received on this computer: {ports} is taken.',
    next: 'Close the program that uses it, or sign in another way.',
    button: 'other-ways',
  },
  'browser-not-opened': {
    what: 'No browser could be opened for {host}.',
    next: 'Try again, and allow the editor to open the address.',
    button: 'try-again',
  },
  'no-response': {
    what: 'No answer from the browser came within {time}.',
    next: 'Sign in again. If the browser showed an error, check the redirect URI that is registered at the provider: {redirectUri}',
    button: 'try-again',
  },
  'responses-astray': {
    what: 'Sign-in timed out after {time}. What came from the browser belongs to no sign-in ({why}, {count} in all), and was not used.',
    next: 'Close earlier sign-in pages in the browser, then sign in again. If that does not help, something changes the address on its way back: take another sign-in method.',
    button: 'other-ways',
  },
  'device-code-expired': {
    what: 'The code for {host} was not entered in time.',
    next: 'Sign in again and enter the new code.',
    button: 'try-again',
  },
  'access-denied': {
    what: 'The sign-in was refused at {issuer}.{said}',
    next: 'Sign in again and allow the access, or ask the administrator whether your account may use this application.',
    button: 'try-again',
  },
  'authorization-refused': {
    what: '{issuer} refused the sign-in request with {error}.{said}',
    next: 'Check the client id, the scopes and the registered redirect URIs of the provider.',
    button: 'diagnose',
  },
  'scopes-differ': {
    what: '{issuer} has granted other scopes to this application before.{said}',
    next: 'Put all scopes that your extensions ask for into "scopes" of the provider. Or remove the grant of this application in your account there.',
    button: 'settings',
  },
  'redirect-refused': {
    what: '{host} does not accept the redirect URI {redirectUri}.{said}',
    next: 'Register it there to the letter, or sign in another way.',
    button: 'other-ways',
  },
  'login-needed': {
    what: '{issuer} wants you to sign in there again ({error}).{said}',
    next: 'Sign in again.',
    button: 'try-again',
  },
  'response-foreign': {
    what: 'The answer of the browser came from {found}, not from {expected}; it was not used.',
    next: 'Sign in again, and take care which page you sign in on.',
    button: 'try-again',
  },
  'claims-lacking': {
    what: '{account} may not use {provider} here: {lacking}.',
    next: 'Sign in with another account, or ask the administrator of the provider for what is missing.',
    button: 'try-again',
  },
  'registration-closed': {
    what: '{host} lets this editor register itself only with an initial access token.{said}',
    next: 'Ask the administrator of the provider for one, or for a client id to put in the setting oidc.providers.',
    button: 'settings',
  },
  'registration-refused': {
    what: '{host} refused to register this editor ({error}).{said}',
    next: 'Ask the administrator of the provider for a client id, and put it in the setting oidc.providers.',
    button: 'settings',
  },
  'registration-narrow': {
    what: '{host} registered this editor for the scopes {scopes} only. A sign-in also needs {lacking}.',
    next: 'Register a client by hand at the provider, and put its client ID in the setting oidc.providers.',
    button: 'settings',
  },
  'provider-removed': {
    what: 'The provider {provider} was removed while you signed in to it; nothing of that sign-in is kept.',
    next: 'Add the provider again if you want to sign in to it.',
    button: 'none',
  },
  'provider-changed': {
    what: 'The provider {provider} was changed while you signed in to it, and leads elsewhere now; nothing of that sign-in is kept.',
    next: 'Sign in again.',
    button: 'try-again',
  },
  'logout-unconfirmed': {
    what: '{host} did not confirm that you are signed out in the browser.',
    next: 'You are signed out in the editor. Check in the browser whether you are still signed in there.',
    button: 'none',
  },
} as const satisfies Record<string, FailureText>;
