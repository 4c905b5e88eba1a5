import { Failure } from '../failures/failure.ts';
import type { HttpClient } from '../http/http.ts';
import { sendingOf, type Sending, type Withheld } from '../server/sendings.ts';
import type { Metadata } from '../server/metadata.ts';

/** The endpoints that get something secret: a token, a code, or what the client proves itself with. */
export const secretEndpoints = [
  'token_endpoint',
  'userinfo_endpoint',
  'introspection_endpoint',
  'revocation_endpoint',
  'end_session_endpoint',
  'device_authorization_endpoint',
  'pushed_authorization_request_endpoint',
  'registration_endpoint',
] as const satisfies readonly (keyof Metadata)[];

export type SecretEndpoint = (typeof secretEndpoints)[number];

/** The endpoints that can receive secrets. */
export type AgreedEndpoints = Readonly<Partial<Record<SecretEndpoint, string | undefined>>>;

/**
 * The destinations allowed for secrets: `now` for a sign-in that the user just agreed to, wherever the server leads,
 * or only the endpoints known when the user signed in.
 */
export type Agreement = 'now' | AgreedEndpoints;

export const endpointsOf = (metadata: Metadata): AgreedEndpoints =>
  Object.fromEntries(
    secretEndpoints.flatMap(name => (metadata[name] === undefined ? [] : [[name, metadata[name]]])),
  );

/**
 * Removes the endpoints that the user hasn't agreed to. An endpoint can move on the issuer's own host and on agreed
 * hosts: metadata comes from the issuer over https, so no one else can move it, and URLs in settings are part of the
 * terms (providers/entries/terms.ts), which are compared first.
 */
export function agreedMetadata(metadata: Metadata, issuer: string, agreement: Agreement): Metadata {
  if (agreement === 'now') return metadata;
  const known = [issuer, ...Object.values(agreement)].flatMap(url => URL.parse(url ?? '')?.origin ?? []);
  const isAgreed = (name: SecretEndpoint): boolean => {
    const url = metadata[name];
    return url === undefined || url === agreement[name] || known.includes(URL.parse(url)?.origin ?? '');
  };
  const others = secretEndpoints.filter(name => !isAgreed(name));
  if (others.length === 0) return metadata;
  return { ...metadata, ...Object.fromEntries(others.map(name => [name, undefined])) };
}

/** The endpoints that {@link agreedMetadata} has left out. */
export const withheldOf = (named: Metadata, agreed: Metadata): Withheld[] =>
  secretEndpoints.flatMap(endpoint => {
    const url = agreed[endpoint] === undefined ? URL.parse(named[endpoint] ?? '') : null;
    return url ? [{ endpoint, host: url.host }] : [];
  });

/**
 * Sends requests that can hold a secret (anything except a plain GET) only to the endpoints of this metadata. Keys
 * and documents can be read anywhere.
 *
 * @param onSent told of everything that leaves, before it does.
 * @param isCertified whether the client shows its certificate at this endpoint.
 *
 * @throws Failure `destination-not-agreed`, and nothing was sent.
 */
export function gated(
  http: HttpClient,
  metadata: Metadata,
  onSent: (sending: Sending) => void,
  isCertified: (endpoint: SecretEndpoint) => boolean = () => false,
): HttpClient {
  const open = new Map(
    secretEndpoints.flatMap(name => {
      const url = URL.parse(metadata[name] ?? '');
      return url ? [[url.href, name] as const] : [];
    }),
  );
  return async (address, init) => {
    const { method = 'GET', headers, body } = init;
    const isPlain = method === 'GET' && !body && !new Headers(headers).has('authorization');
    if (isPlain) return http(address, init);
    const url = new URL(address);
    const endpoint = open.get(url.href);
    if (endpoint === undefined) throw new Failure('destination-not-agreed', { host: url.host });
    onSent(sendingOf(url, init, endpoint, isCertified(endpoint)));
    return http(address, init);
  };
}
