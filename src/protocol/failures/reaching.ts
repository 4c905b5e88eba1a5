import type { FailureText } from './text.ts';

/** On the way to a provider: its address, the network between, and what describes it. */
export const reachingFailures = {
  'address-insecure': {
    what: 'The address {address} is not https.',
    next: 'Use the https address of the provider. Plain http is only possible on this computer (localhost), with "allowLoopbackHttp" set for the provider.',
    button: 'settings',
  },
  'address-invalid': {
    what: '{address} is not an address that can be used here: {reason}.',
    next: 'Correct the address in the setting oidc.providers.',
    button: 'settings',
  },
  'entry-invalid': {
    what: '{address} is not an address that can be used here: {reason}.',
    next: 'Correct the address that you have entered.',
    button: 'none',
  },
  'named-address-invalid': {
    what: 'The provider names {address}, which is not an address that can be used here: {reason}.',
    next: 'Tell the administrator of the provider.',
    button: 'diagnose',
  },
  unreachable: {
    passing: true,
    what: '{host} could not be reached ({reason}).',
    next: 'Check the address, your network, proxy and VPN, then try again.',
    button: 'try-again',
  },
  'server-untrusted': {
    passing: true,
    what: 'The certificate of {host} is not trusted ({reason}).',
    next: 'Have whoever issued it trusted by the operating system where the extension runs, leave the setting http.systemCertificates on, and restart the editor.',
    button: 'diagnose',
  },
  'answer-withheld': {
    what: '{host} is there, but does not allow an editor inside the browser to read its answers (CORS).',
    next: 'Ask the administrator of the provider to allow the origin of this editor, or sign in from the editor on the desktop or with a remote.',
    button: 'diagnose',
  },
  'timed-out': {
    passing: true,
    what: '{host} did not answer within {seconds} seconds.',
    next: 'Check your network, proxy and VPN, then try again. If the provider is slow, raise its "requestTimeout".',
    button: 'try-again',
  },
  'answer-too-large': {
    what: '{host} sent more than {limit} bytes where a short answer was expected.',
    next: 'Check that the address is that of the provider and not of another service.',
    button: 'diagnose',
  },
  redirected: {
    what: '{host} answered with a redirect to {target}; addresses of a provider must answer directly.',
    next: 'Use the address it points to, if you trust it, or check the proxy in between.',
    button: 'settings',
  },
  intercepted: {
    passing: true,
    what: 'Something else answered in place of {host} (status {status}); a proxy or the log-in page of a network does that.',
    next: 'Check your network, proxy and VPN, then try again.',
    button: 'try-again',
  },
  'proxy-refused': {
    passing: true,
    what: 'The proxy between this computer and {host} refused the connection (status {status}).',
    next: 'Check the proxy and its password in the setting http.proxy, then try again.',
    button: 'proxy',
  },
  'server-failed': {
    passing: true,
    what: '{host} has a problem (status {status}).{said}',
    next: 'Try again later.',
    button: 'try-again',
  },
  'rate-limited': {
    passing: true,
    what: '{host} asked to be left alone for a while (status {status}).{said}',
    next: 'Try again later.',
    button: 'try-again',
  },
  'response-invalid': {
    what: 'The answer of {host} cannot be used: {reason}.',
    next: 'Try again; if it stays so, tell the administrator of the provider.',
    button: 'try-again',
  },
  'clock-differs': {
    what: 'The clock of this computer and that of {host} differ by {minutes} minutes, so that the sign-in cannot be checked.',
    next: 'Set the clock of this computer, then sign in again.',
    button: 'try-again',
  },
  'metadata-not-found': {
    what: 'No OpenID Connect or OAuth metadata was found at {address} ({answers}).',
    next: 'Check the issuer address; it is the one before "/.well-known/openid-configuration" and may have a path.',
    button: 'settings',
  },
  'metadata-invalid': {
    what: 'The metadata of {address} cannot be used: {reason}.',
    next: 'Check the issuer address, or tell the administrator of the provider.',
    button: 'diagnose',
  },
  'metadata-plain-http': {
    what: 'The metadata at {address} came over https, but names a plain http address of the same host ({member}).',
    next: 'Tell the administrator of the provider that it does not know its public address: behind a proxy it needs the forwarded headers or its host name set.',
    button: 'diagnose',
  },
  'issuer-mismatch': {
    what: 'The metadata at {address} belongs to the issuer {found}, not to {expected}.',
    next: 'Set "issuer" to exactly the issuer of the provider, if you trust it: the two must be equal to the letter.',
    button: 'settings',
  },
  'issuer-not-found': {
    what: 'No identity provider was found for {identifier}: {reason}.',
    next: 'Enter the issuer address of the provider instead; its administrator knows it.',
    button: 'none',
  },
  'provider-not-found': {
    what: 'No identity provider was found at {address}.',
    next: '{hint}',
    button: 'none',
  },
} as const satisfies Record<string, FailureText>;
