import type { FailureText } from './text.ts';

/**
 * Failures between the click and the response of the browser or device: methods, registration, refusals, and
 * sign-out.
 */
export const signInFailures = {
  'issuer-forbidden': {
    what: 'The extension {extension} doesn’t allow you to sign in to {address}.',
    next: 'Ask your administrator.',
    button: 'none',
  },
  'method-unsupported': {
    what: '{issuer} doesn’t support this sign-in method. Missing: {missing}.',
    next: 'Choose another sign-in method, or ask the provider’s administrator to enable this one.',
    button: 'other-ways',
  },
  'profile-unmet': {
    what: '{host} doesn’t meet the security profile in the settings (FAPI 2.0). Its metadata falls short in: {missing}.',
    next: 'Ask the provider’s administrator to enable FAPI 2.0, or remove "profile" from the provider’s settings.',
    button: 'settings',
  },
  'redirect-shared': {
    what: 'This sign-in method isn’t available: {why}',
    next: 'Use another sign-in method until then.',
    button: 'other-ways',
  },
  'no-way': {
    what: 'You can’t sign in to {issuer} from here. {why}',
    next: 'Ask the provider’s administrator for one of these, or change the provider’s settings.',
    button: 'diagnose',
  },
  'port-taken': {
    what: 'Couldn’t listen for the sign-in response on this computer (ports tried: {ports}).',
    next: 'Close a program that uses one of these ports, or use another sign-in method.',
    button: 'other-ways',
  },
  'browser-not-opened': {
    what: 'Couldn’t open a browser for {host}.',
    next: 'Try again, and allow the editor to open the URL.',
    button: 'try-again',
  },
  'no-response': {
    what: 'Sign-in timed out after {time}.',
    next: 'Try again. {hint}',
    button: 'try-again',
  },
  'responses-astray': {
    what: 'Sign-in timed out after {time}. The responses from the browser belong to no sign-in and weren’t used ({why}, {count} in all).',
    next: 'Close earlier sign-in pages in the browser, then try again. If the problem continues, something changes the URL before it reaches the editor: use another sign-in method.',
    button: 'other-ways',
  },
  'device-code-expired': {
    what: 'The code for {host} wasn’t entered in time.',
    next: 'Try again and enter the new code.',
    button: 'try-again',
  },
  'access-denied': {
    what: '{issuer} refused the sign-in.{said}',
    next: 'Try again and approve the request, or ask your administrator for access.',
    button: 'try-again',
  },
  'authorization-refused': {
    what: '{issuer} refused the sign-in request with {error}.{said}',
    next: 'Check the provider’s client ID, scopes, and registered redirect URIs.',
    button: 'diagnose',
  },
  'scopes-differ': {
    what: '{issuer} has granted other scopes to this application before.{said}',
    next: 'Add all scopes that your extensions request to the provider’s "scopes", or remove this application’s grant in your account there.',
    button: 'settings',
  },
  'redirect-refused': {
    what: '{host} rejected the redirect URI {redirectUri}.{said}',
    next: 'Register exactly this URI there, or use another sign-in method.',
    button: 'other-ways',
  },
  'login-needed': {
    what: '{issuer} requires a new sign-in ({error}).{said}',
    next: 'Sign in again.',
    button: 'try-again',
  },
  'response-foreign': {
    what: 'The sign-in response came from {found} instead of {expected}, so it was rejected.',
    next: 'Try again, and check the URL of the page you sign in on.',
    button: 'try-again',
  },
  'claims-lacking': {
    what: '{account} doesn’t have access to {provider}: {lacking}.',
    next: 'Sign in with another account, or ask the provider’s administrator for the missing access.',
    button: 'try-again',
  },
  'registration-closed': {
    what: '{host} requires an initial access token for registration.{said}',
    next: 'Ask your administrator for a token, or for a client ID to set in oidc.providers.',
    button: 'settings',
  },
  'registration-refused': {
    what: '{host} refused to register this editor ({error}).{said}',
    next: 'Ask your administrator for a client ID to set in oidc.providers.',
    button: 'settings',
  },
  'registration-narrow': {
    what: '{host} registered this editor for the scopes {scopes} only. A sign-in also needs {lacking}.',
    next: 'Register a client manually with the provider, and set its client ID in oidc.providers.',
    button: 'settings',
  },
  'client-document-unread': {
    what: 'Couldn’t read the client ID metadata document {address}. {reason}',
    next: 'Make sure the document is published at this https URL, or set a client ID in oidc.providers.',
    button: 'settings',
  },
  'client-document-invalid': {
    what: 'The client ID metadata document {address} can’t be used: {reason}.',
    next: 'Correct the document or oidc.clientMetadataUrl, or set a client ID in oidc.providers.',
    button: 'settings',
  },
  'client-document-refused': {
    what: '{host} rejected the client ID metadata document {address} ({error}).{said}',
    next: 'Ask the provider’s administrator if the provider can read this URL and trusts its host, or set a client ID in oidc.providers.',
    button: 'settings',
  },
  'provider-removed': {
    what: '{provider} was removed while you were signing in, so the sign-in was canceled.',
    next: 'To sign in, add the provider again.',
    button: 'none',
  },
  'provider-changed': {
    what: 'The settings of {provider} changed while you were signing in, so the sign-in was canceled.',
    next: 'Sign in again.',
    button: 'try-again',
  },
  'logout-unconfirmed': {
    what: '{host} didn’t confirm that you are signed out in the browser.',
    next: 'You are signed out in the editor. Check in the browser whether you are still signed in there.',
    button: 'none',
  },
} as const satisfies Record<string, FailureText>;
