import { StartFailure } from '../failures/knownFailure.ts';
import type { HttpClient } from '../http/http.ts';
import { sentKinds, type Sending, type SentKind, type Withheld } from '../server/sendings.ts';
import { secretEndpoints, type AgreedEndpoints, type SecretEndpoint } from '../server/secretEndpoints.ts';
import type { Metadata } from '../server/metadata.ts';

/**
 * The destinations allowed for secrets: `now` for a sign-in that the user just agreed to, wherever the server leads,
 * or only the endpoints known when the user signed in.
 */
export type Agreement = 'now' | AgreedEndpoints;

/**
 * Removes the endpoints that the user hasn't agreed to. An endpoint can move on the issuer's own host and on agreed
 * hosts: metadata comes from the issuer over https, so no one else can move it, and URLs in settings are part of the
 * terms (providers/entries/terms.ts), which are compared first.
 */
export function agreedMetadata(metadata: Metadata, issuer: string, agreement: Agreement): Metadata {
  if (agreement === 'now') return metadata;
  const before = compared.get(metadata);
  if (before?.issuer === issuer && before.agreement === agreement) return before.agreed;
  const agreed = compare(metadata, issuer, agreement);
  compared.set(metadata, { issuer, agreement, agreed });
  return agreed;
}

/** The last comparison of each metadata. Neither metadata nor agreements change. */
const compared = new WeakMap<
  Metadata,
  { readonly issuer: string; readonly agreement: AgreedEndpoints; readonly agreed: Metadata }
>();

function compare(metadata: Metadata, issuer: string, agreement: AgreedEndpoints): Metadata {
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
  (named === agreed ? [] : secretEndpoints).flatMap(endpoint => {
    const address = named[endpoint];
    const url = address === undefined || agreed[endpoint] !== undefined ? null : URL.parse(address);
    return url ? [{ endpoint, host: url.host }] : [];
  });

/**
 * Sends requests that can hold a secret (anything except a plain GET) only to the endpoints of this metadata. Keys and
 * documents can be read anywhere.
 *
 * @param onSent receives everything that leaves, before it does.
 * @param isCertified whether the client shows its certificate to this endpoint.
 * @throws Failure `destination-not-agreed`, and nothing was sent.
 */
export function gated(
  http: HttpClient,
  metadata: Metadata,
  onSent: (sending: Sending) => void,
  isCertified: (endpoint: SecretEndpoint) => boolean = () => false,
): HttpClient {
  const endpointAt = ({ href }: URL): SecretEndpoint | undefined =>
    secretEndpoints.find(name => metadata[name] === href) ??
    secretEndpoints.find(name => URL.parse(metadata[name] ?? '')?.href === href);
  return async (address, init) => {
    const { method = 'GET', headers, body } = init;
    const isPlain = method === 'GET' && !body && !new Headers(headers).has('authorization');
    if (isPlain) return http(address, init);
    const url = new URL(address);
    const endpoint = endpointAt(url);
    if (endpoint === undefined) throw new StartFailure('destination-not-agreed', { host: url.host });
    onSent(sendingOf(url, init, endpoint, isCertified(endpoint)));
    return http(address, init);
  };
}

const ofParameters: Readonly<Record<string, SentKind>> = {
  code: 'code-and-verifier',
  refresh_token: 'refresh-token',
  subject_token: 'access-token',
  access_token: 'access-token',
  id_token_hint: 'id-token',
  device_code: 'device-code',
  client_secret: 'client-secret',
  client_assertion: 'client-assertion',
};

/** What the bearer token is where it is no access token. */
const ofBearer: Readonly<Record<string, SentKind>> = {
  registration_endpoint: 'initial-access-token',
  registration_client_uri: 'registration-token',
};

/**
 * What is sent with a request, as the wire has it.
 *
 * @param endpoint its name in the metadata.
 * @param isCertified whether the client shows its certificate there.
 */
export function sendingOf(
  address: URL,
  init: Pick<Parameters<HttpClient>[1], 'headers' | 'body'>,
  endpoint: string,
  isCertified = false,
): Sending {
  const authorization = new Headers(init.headers).get('authorization') ?? '';
  const { body } = init;
  const isForm = body instanceof URLSearchParams || (typeof body === 'string' && !body.startsWith('{'));
  const form = body instanceof URLSearchParams ? body : new URLSearchParams(isForm ? body : '');
  const parameters = address.search === '' ? form : new URLSearchParams([...form, ...address.searchParams]);
  const kinds = new Set<SentKind>();
  if (/^basic /i.test(authorization)) kinds.add('client-secret');
  if (/^bearer /i.test(authorization)) kinds.add(ofBearer[endpoint] ?? 'access-token');
  for (const name of parameters.keys()) {
    const kind = ofParameters[name];
    if (kind) kinds.add(kind);
  }
  if (parameters.has('token'))
    kinds.add(parameters.get('token_type_hint') === 'refresh_token' ? 'refresh-token' : 'access-token');
  if (isCertified) kinds.add('client-certificate');
  return {
    host: address.host,
    kinds: sentKinds.filter(kind => kinds.has(kind)),
    purpose: parameters.get('grant_type') ?? endpoint.replace(/_endpoint$/, '').replace('_client_uri', ''),
  };
}
