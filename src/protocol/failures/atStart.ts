import type { FailureText } from './text.ts';

/** What can fail before anything else is loaded: URLs, scopes and tokens. */
export const startFailures = {
  'address-insecure': {
    what: '{address} doesn’t use https.',
    next: 'Use the provider’s https URL. Plain http is only possible on this computer (localhost), with "allowLoopbackHttp" set for the provider.',
    button: 'settings',
  },
  'entry-invalid': {
    what: '{address} can’t be used here: {reason}.',
    next: 'Correct the URL that you entered.',
    button: 'none',
  },
  'named-address-invalid': {
    what: 'The provider’s URL {address} can’t be used here: {reason}.',
    next: 'Contact the provider’s administrator.',
    button: 'diagnose',
  },
  'token-untrusted': {
    what: 'Couldn’t verify the ID token from {issuer}: {reason}.',
    next: 'Try again. If the problem continues, contact your administrator.',
    button: 'try-again',
  },
  'destination-not-agreed': {
    what: 'Nothing was sent to {host}: you haven’t agreed to use your sign-in there.',
    next: 'If you trust that URL, sign in again.',
    button: 'try-again',
  },
  'certificate-unverified': {
    what: 'Nothing was sent to {host}: NODE_TLS_REJECT_UNAUTHORIZED turns off the verification of certificates.',
    next: 'Remove this environment variable, then restart the editor.',
    button: 'none',
  },
  'scope-unusable': {
    what: 'The scope {scope} can’t be used: {reason}.',
    next: 'Contact the authors of the extension that requested it.',
    button: 'none',
  },
  'token-not-narrowed': {
    what: '{provider} doesn’t issue an access token for fewer scopes than granted. {reason}',
    next: 'Remove "narrowTokens" from the provider’s settings, or ask its administrator.',
    button: 'settings',
  },
  'token-unavailable': {
    passing: true,
    what: 'Couldn’t request an access token from {provider}.',
    next: 'Check your network, proxy, and VPN, then try again. See the log for details.',
    button: 'try-again',
  },
} as const satisfies Record<string, FailureText>;
