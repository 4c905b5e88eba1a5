import type { FailureText } from './text.ts';

/** Failures of tokens: those that a provider refuses to issue or refresh, or that can't be trusted or stored. */
export const tokenFailures = {
  'client-refused': {
    what: '{host} rejected the client ID or its credentials ({error}).{said}',
    next: 'Check the provider’s client ID, and its client secret if it needs one.',
    button: 'settings',
  },
  'registered-client-refused': {
    what: '{host} rejected this editor’s automatic registration ({error}).{said}',
    next: 'Try again: the editor registers again, with another method if there is one. Or ask your administrator for a client ID to set in oidc.providers.',
    button: 'try-again',
  },
  'client-key-refused': {
    what: '{host} rejected this client’s key ({error}).{said}',
    next: 'Check the client ID, and register its public key with the provider.',
    button: 'keys',
  },
  'proof-demanded': {
    what: '{host} issues only key-bound tokens (DPoP) to this client.{said}',
    next: 'Set "dpop" to "required", or ask the provider’s administrator to allow bearer tokens for the client.',
    button: 'dpop',
  },
  'proof-refused': {
    what: '{host} rejected the proof for the key of this sign-in (DPoP, {error}).{said}',
    next: 'Check this computer’s clock, then try again. If the problem continues, contact the provider’s administrator.',
    button: 'try-again',
  },
  'proof-key-lost': {
    what: 'The key that the tokens from {host} are bound to (DPoP) is damaged.',
    next: 'Sign in again.',
    button: 'try-again',
  },
  'token-unbound': {
    what: '{host} issued a token that isn’t bound to a key, although "dpop" is "required".',
    next: 'Ask the provider’s administrator to enable DPoP, or remove "dpop" from the provider’s settings.',
    button: 'settings',
  },
  'token-bound': {
    what: '{host} bound the access token to a key (DPoP), although "dpop" is "refresh-token".',
    next: 'Set "dpop" to "required", or ask the provider’s administrator to bind only refresh tokens.',
    button: 'dpop',
  },
  'token-uncertified': {
    what: '{host} issued a token that isn’t bound to the client certificate, although "certificateBoundTokens" is on.',
    next: 'Ask the provider’s administrator to enable certificate-bound access tokens for the client, or remove "certificateBoundTokens" from the provider’s settings.',
    button: 'settings',
  },
  'certificate-mismatch': {
    what: '{host} rejected the client certificate for this sign-in, whose tokens are bound to another one ({error}).{said}',
    next: 'Sign in again, or enter another certificate.',
    button: 'try-again',
  },
  'certificate-demanded': {
    what: '{host} requires a client certificate from this client ({error}).{said}',
    next: 'Set "certificateBoundTokens", or a "clientAuthentication" with a certificate.',
    button: 'settings',
  },
  'grant-refused': {
    what: '{host} no longer considers this sign-in valid ({error}).{said}',
    next: 'Sign in again.',
    button: 'try-again',
  },
  unexplained: {
    what: '{host} refused the request with HTTP {status} and no OAuth error.{said} A firewall or proxy in between might be the cause.',
    next: 'Check your network, proxy, and VPN, and the provider’s client ID. Then try again.',
    button: 'try-again',
  },
  'request-refused': {
    what: '{host} refused the request ({error}).{said}',
    next: 'Check the provider’s settings. The log shows which request failed.',
    button: 'settings',
  },
  'scopes-refused': {
    what: '{host} doesn’t issue a token to the client {clientId} for these scopes: {scopes}.{said}',
    next: 'Set "scopes" to those allowed for the client, or ask the provider’s administrator to allow them.',
    button: 'settings',
  },
  'grant-type-refused': {
    what: '{host} doesn’t allow the grant type {grantType} for the client {clientId}.{said}',
    next: 'Allow this grant type for the client in the provider’s admin console, or set another "signInMethod".',
    button: 'settings',
  },
  'user-refused': {
    what: '{host} doesn’t issue a token to the client {clientId} for the user with {field} {value}.{said}',
    next: 'Check "userLookup", and make sure this user exists there and the client is allowed to impersonate users.',
    button: 'settings',
  },
  'subject-missing': {
    what: '{provider} needs a token from {source}, but you aren’t signed in to {source}.',
    next: 'Sign in to {source}, then to {provider}.',
    button: 'source',
  },
  'subject-token-ended': {
    passing: true,
    what: '{source}’s token for {provider} expired and couldn’t be refreshed.',
    next: 'The sign-in retries automatically when {source} is reachable, or sign in to {source} again.',
    button: 'source',
  },
  'subject-id-token-ended': {
    what: '{source}’s ID token for {provider} expired, and {source} doesn’t issue a new one.',
    next: 'Sign in to {source} again. If {provider} accepts access tokens, set "subjectToken" of "tokenExchange" to "access_token".',
    button: 'source',
  },
  'token-exchange-refused': {
    what: '{host} refused to exchange the token ({error}).{said}',
    next: 'Make sure that {host} trusts the provider in "tokenExchange", and check "audience", "resource", and the client’s permissions there.',
    button: 'settings',
  },
  'subject-token-lacking': {
    what: '{source} issued no {token}, which {provider} needs.',
    next: 'Add "{scope}" to the scopes of {source}, then sign in to {source} again.',
    button: 'source',
  },
  'asserting-id-token-ended': {
    what: '{source}’s ID token for {provider} expired, and {source} doesn’t issue a new one.',
    next: 'Sign in to {source} again, or set "subjectToken" of "identityAssertion" to "refresh_token".',
    button: 'source',
  },
  'assertion-refused': {
    what: '{host} refused to assert your identity to {other} ({error}).{said}',
    next: 'Ask the administrator of {host} to allow it for you and this client. Check "identityAssertion", "resource", and "scopes".',
    button: 'settings',
  },
  'assertion-sign-in-needed': {
    what: '{host} requires a new sign-in before it asserts your identity to {provider} ({error}).{said}',
    next: 'Sign in to {source}, then to {provider}.',
    button: 'source',
  },
  'assertion-invalid': {
    what: 'The identity assertion from {host} wasn’t sent to {other}: {reason}.',
    next: 'Check "clientId", "resource", and "identityAssertion", or contact the administrator of {host}.',
    button: 'settings',
  },
  'assertion-not-taken': {
    what: '{host} rejected the identity assertion from {asserter} ({error}).{said}',
    next: 'Ask the administrator of {host} to trust {asserter} for this client, and make sure that you have an account there.',
    button: 'settings',
  },
  'endpoint-changed': {
    what: '{issuer} changed its token endpoint to {found} since you signed in. Nothing was sent there.',
    next: 'If you trust that URL, sign in again.',
    button: 'try-again',
  },
  'client-secret-missing': {
    passing: true,
    what: 'The client secret, key, or certificate for {provider} isn’t stored on this computer.',
    next: 'Sign in again, and enter it.',
    button: 'try-again',
  },
  'certificate-unusable': {
    passing: true,
    what: 'The client certificate for {host} can’t be used: {reason}.',
    next: 'Get another one from its issuer, and enter it.',
    button: 'try-again',
  },
  'certificate-refused': {
    what: '{host} rejected the client certificate: {reason}.',
    next: 'Check "clientAuthentication" and the certificate registered with the provider, or enter another certificate.',
    button: 'settings',
  },
  'certificate-not-here': {
    what: 'A browser-based editor can’t send a client certificate.',
    next: 'Sign in from a desktop editor or one with a remote, or ask the provider’s administrator for another client authentication method.',
    button: 'none',
  },
  'storage-failed': {
    what: 'Couldn’t save the sign-in because the editor’s secret storage failed.',
    next: 'Check this computer’s keyring (see "Troubleshoot keychain issues" in the editor’s documentation), then sign in again.',
    button: 'try-again',
  },
} as const satisfies Record<string, FailureText>;
