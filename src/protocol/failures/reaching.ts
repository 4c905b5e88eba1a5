import type { FailureText } from './text.ts';

/** Failures to reach a provider: its URL, the network, and its metadata. */
export const reachingFailures = {
  unreachable: {
    passing: true,
    what: 'Couldn’t reach {host} ({reason}).',
    next: 'Check the URL, your network, proxy, and VPN, then try again.',
    button: 'try-again',
  },
  'server-untrusted': {
    passing: true,
    what: '{host}’s certificate isn’t trusted ({reason}).',
    next: 'Add the certificate authority to the trust store of the operating system where the extension runs, keep the http.systemCertificates setting on, and restart the editor.',
    button: 'diagnose',
  },
  'answer-withheld': {
    what: '{host} doesn’t allow requests from browser-based editors (CORS).',
    next: 'Ask the provider’s administrator to allow this editor’s origin, or sign in from a desktop editor or one with a remote.',
    button: 'diagnose',
  },
  'timed-out': {
    passing: true,
    what: '{host} didn’t respond within {seconds} seconds.',
    next: 'Check your network, proxy, and VPN, then try again. If the provider is slow, increase its "requestTimeout".',
    button: 'try-again',
  },
  'step-timed-out': {
    passing: true,
    what: '{host} took longer than {seconds} seconds for one step of the sign-in.',
    next: 'Check your network, proxy, and VPN, then try again. If the provider is slow, increase the setting oidc.signIn.providerTimeout.',
    button: 'try-again',
  },
  'answer-too-large': {
    what: '{host} sent more than {limit} bytes instead of a short response.',
    next: 'Make sure the URL belongs to the provider and not to another service.',
    button: 'diagnose',
  },
  redirected: {
    what: '{host} redirected to {target}. A provider’s URLs must respond without a redirect.',
    next: 'Use the redirect’s URL if you trust it, or check the proxy in between.',
    button: 'settings',
  },
  intercepted: {
    passing: true,
    what: 'Something other than {host} responded (HTTP {status}), such as a proxy or a Wi-Fi sign-in page.',
    next: 'Check your network, proxy, and VPN, then try again.',
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
    what: '{host} has a problem (HTTP {status}).{said}',
    next: 'Try again later.',
    button: 'try-again',
  },
  'rate-limited': {
    passing: true,
    what: '{host} is limiting requests (HTTP {status}).{said}',
    next: 'Try again later.',
    button: 'try-again',
  },
  'response-invalid': {
    what: '{host} sent an invalid response: {reason}.',
    next: 'Try again. If the problem continues, contact the provider’s administrator.',
    button: 'try-again',
  },
  'clock-differs': {
    what: 'This computer’s clock and {host}’s differ by {minutes} minutes, so the sign-in can’t be verified.',
    next: 'Correct this computer’s clock, then sign in again.',
    button: 'try-again',
  },
  'metadata-not-found': {
    what: 'Couldn’t find OpenID Connect or OAuth metadata at {address} ({answers}).',
    next: 'Check the issuer URL. It is the part before "/.well-known/openid-configuration" and can have a path.',
    button: 'settings',
  },
  'metadata-invalid': {
    what: 'The metadata at {address} is invalid: {reason}.',
    next: 'Check the issuer URL, or contact the provider’s administrator.',
    button: 'diagnose',
  },
  'metadata-plain-http': {
    what: 'The metadata at {address} came over https, but contains a plain http URL of the same host ({member}).',
    next: 'Report to the provider’s administrator that the server doesn’t know its public URL. Behind a proxy, it needs the forwarded headers or a configured host name.',
    button: 'diagnose',
  },
  'issuer-mismatch': {
    what: 'The metadata at {address} belongs to the issuer {found}, not to {expected}.',
    next: 'If you trust the issuer in the metadata, set "issuer" to exactly that value.',
    button: 'settings',
  },
  'issuer-not-found': {
    what: 'Couldn’t find an identity provider for {identifier}: {reason}.',
    next: 'Enter the provider’s issuer URL instead, which its administrator knows.',
    button: 'none',
  },
  'provider-not-found': {
    what: 'Couldn’t find an identity provider at {address}.',
    next: '{hint}',
    button: 'none',
  },
} as const satisfies Record<string, FailureText>;
