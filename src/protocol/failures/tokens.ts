import type { FailureText } from './text.ts';

/** About tokens: what a provider refuses to give or to renew, and what cannot be trusted or kept. */
export const tokenFailures = {
  'client-refused': {
    what: '{host} does not accept this client ({error}).{said}',
    next: 'Check the client id of the provider, and its client secret if it needs one ("OIDC: Replace Client Secret…").',
    button: 'settings',
  },
  'registered-client-refused': {
    what: '{host} does not accept this editor, which registered itself there ({error}).{said}',
    next: 'Try again: it registers anew, in another way if there is one. Or ask the administrator of the provider for a client ID, and put it in the setting oidc.providers.',
    button: 'try-again',
  },
  'client-key-refused': {
    what: '{host} does not accept the key of this client ({error}).{said}',
    next: 'Check the client ID, and register the public key that "OIDC: Show Public Keys…" shows.',
    button: 'settings',
  },
  'proof-demanded': {
    what: '{host} gives this client only tokens that are bound to a key (DPoP), which this extension cannot use yet.{said}',
    next: 'Ask the administrator of the provider to turn that off for the client (Keycloak: "Require DPoP bound tokens").',
    button: 'diagnose',
  },
  'grant-refused': {
    what: '{host} no longer accepts this sign-in ({error}).{said}',
    next: 'Sign in again.',
    button: 'try-again',
  },
  unexplained: {
    what: '{host} refused the request with status {status} and no OAuth error.{said} A firewall or proxy in between can do that too.',
    next: 'Check your network, proxy and VPN, and the client ID of the provider. Then try again.',
    button: 'try-again',
  },
  'request-refused': {
    what: '{host} refused the request ({error}).{said}',
    next: 'Check the settings of the provider; the log shows which request it was.',
    button: 'settings',
  },
  'scopes-refused': {
    what: '{host} gives the client {clientId} no token for these scopes: {scopes}.{said}',
    next: 'Set "scopes" to those that the client may have, or ask the administrator of the provider to allow them.',
    button: 'settings',
  },
  'grant-type-refused': {
    what: '{host} does not let the client {clientId} sign in by itself with the grant type {grantType}.{said}',
    next: 'Allow that grant type for the client at the provider, or set another "signInMethod".',
    button: 'settings',
  },
  'user-refused': {
    what: '{host} gives the client {clientId} no token in the name of the user whose {field} is {value}.{said}',
    next: 'Check "userLookup", that this user exists there, and that the client may impersonate users.',
    button: 'settings',
  },
  'subject-missing': {
    what: 'There is no sign-in to {source} whose token {provider} could be given.',
    next: 'Sign in to {source}, then to {provider}.',
    button: 'try-again',
  },
  'subject-token-ended': {
    passing: true,
    what: 'The token of {source} that {provider} is given has ended and could not be renewed.',
    next: 'It goes on by itself when {source} can be reached; or sign in to {source} again.',
    button: 'try-again',
  },
  'subject-id-token-ended': {
    what: 'The ID token of {source} that {provider} needs has ended, and {source} sends no new one.',
    next: 'Sign in to {source} again. If {provider} accepts access tokens, set "subjectToken" of "tokenExchange" to "access_token".',
    button: 'try-again',
  },
  'token-exchange-refused': {
    what: '{host} refused to exchange the token ({error}).{said}',
    next: 'Check that the provider of "tokenExchange" is one that {host} trusts, and "audience", "resource" and the rights of the client there.',
    button: 'settings',
  },
  'token-untrusted': {
    what: 'The ID token of {issuer} was refused: {reason}.',
    next: 'Sign in again; if it stays so, tell the administrator of the provider.',
    button: 'try-again',
  },
  'endpoint-changed': {
    what: '{issuer} now names {found} as its token endpoint, another one than when you signed in; nothing was sent there.',
    next: 'Sign in again, if you trust that address.',
    button: 'try-again',
  },
  'destination-not-agreed': {
    what: 'Nothing was sent to {host}: you have not agreed that your sign-in is used there.',
    next: 'Sign in again, if you trust that address.',
    button: 'try-again',
  },
  'scope-unusable': {
    what: 'The scope {scope} cannot be used: {reason}.',
    next: 'Tell the authors of the extension that asked for it.',
    button: 'none',
  },
  'token-not-narrowed': {
    what: '{provider} does not give an access token for fewer scopes than were granted. {reason}',
    next: 'Remove "narrowTokens" from the settings of the provider, or ask its administrator.',
    button: 'settings',
  },
  'token-unavailable': {
    passing: true,
    what: '{provider} could not be asked for an access token now.',
    next: 'Check your network, proxy and VPN, then try again; the log says more.',
    button: 'try-again',
  },
  'client-secret-missing': {
    passing: true,
    what: 'What this editor proves its identity to {provider} with, a client secret, key or certificate, is not stored here.',
    next: 'Sign in again and enter it, or run "OIDC: Replace Client Secret".',
    button: 'try-again',
  },
  'certificate-unusable': {
    passing: true,
    what: 'The client certificate by which this editor proves its identity to {host} cannot be used: {reason}.',
    next: 'Get another one from whoever issues it, and enter it with "OIDC: Replace Client Secret…".',
    button: 'try-again',
  },
  'certificate-refused': {
    what: '{host} does not accept the client certificate of this editor: {reason}.',
    next: 'Check "clientAuthentication" and what is registered at the provider; another certificate is entered with "OIDC: Replace Client Secret…".',
    button: 'settings',
  },
  'certificate-not-here': {
    what: 'An editor inside the browser cannot show a client certificate.',
    next: 'Sign in from the editor on the desktop or with a remote, or ask the administrator of the provider for another client authentication.',
    button: 'none',
  },
  'storage-failed': {
    what: 'The sign-in could not be kept: the secret storage of the editor failed.',
    next: 'Check the keyring of this computer (the editor explains it under "Troubleshoot keychain issues"), then sign in again.',
    button: 'try-again',
  },
} as const satisfies Record<string, FailureText>;
