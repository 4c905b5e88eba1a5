import { StartFailure } from '../failures/knownFailure.ts';
import type { AddressPolicy } from '../http/address.ts';
import type { ClientCertificate } from '../http/clientCertificate.ts';
import type { HttpClient } from '../http/http.ts';
import { parseServerObject } from '../http/json.ts';
import { ungated, type HttpContext } from '../server/httpContext.ts';
import { sentKinds, type Sending, type SentKind, type Withheld } from '../server/sendings.ts';
import { secretEndpoints, type AgreedEndpoints, type SecretEndpoint } from '../server/secretEndpoints.ts';
import type { Metadata } from '../server/metadata.ts';
import { certificateHttp, isShownAt } from './certificateEndpoints.ts';
import { isConsent, type Consent } from './consent.ts';
import { verifiesCertificates } from './verification.ts';

declare const agreed: unique symbol;

/** The destinations allowed for secrets: those of a sign-in, or the endpoints known when the user signed in. */
export type Agreement = Consent | AgreedEndpoints;

type Destination = SecretEndpoint | 'registration_client_uri';

/** Where secrets can be sent, by name. Made only here, from what the user agreed to. */
export type Destinations = Readonly<Partial<Record<Destination, string | undefined>>> & {
  readonly [agreed]: true;
};

/** Metadata without the endpoints that the user hasn't agreed to. */
export type AgreedMetadata = Metadata & Destinations;

/**
 * Removes the endpoints that the user hasn't agreed to. An endpoint can move on the issuer's own host and on agreed
 * hosts: metadata comes from the issuer over https, so no one else can move it, and URLs in settings are part of the
 * terms (providers/entries/terms.ts), which are compared first.
 */
export function agreedMetadata(metadata: Metadata, issuer: string, agreement: Agreement): AgreedMetadata {
  const consented = isConsent(agreement);
  if (consented && agreement.issuer === issuer) return metadata as AgreedMetadata;
  const before = compared.get(metadata);
  if (before?.issuer === issuer && before.agreement === agreement) return before.agreed;
  const agreed = compare(metadata, issuer, consented ? {} : agreement);
  compared.set(metadata, { issuer, agreement, agreed });
  return agreed;
}

/** The last comparison of each metadata. Neither metadata nor agreements change. */
const compared = new WeakMap<
  Metadata,
  { readonly issuer: string; readonly agreement: Agreement; readonly agreed: AgreedMetadata }
>();

function compare(metadata: Metadata, issuer: string, agreement: AgreedEndpoints): AgreedMetadata {
  const known = [issuer, ...Object.values(agreement)].flatMap(url => URL.parse(url ?? '')?.origin ?? []);
  const isAgreed = (name: SecretEndpoint): boolean => {
    const url = metadata[name];
    return url === undefined || url === agreement[name] || known.includes(URL.parse(url)?.origin ?? '');
  };
  const others = secretEndpoints.filter(name => !isAgreed(name));
  if (others.length === 0) return metadata as AgreedMetadata;
  return { ...metadata, ...Object.fromEntries(others.map(name => [name, undefined])) } as AgreedMetadata;
}

/** The only destination for the token of a registration: the URL that the server gave with it (RFC 7592 section 3). */
export const ownRegistration = (management: { readonly address: string }): Destinations =>
  ({ registration_client_uri: management.address }) as unknown as Destinations;

/** The endpoints that {@link agreedMetadata} has left out. */
export const withheldOf = (named: Metadata, agreed: Metadata): Withheld[] =>
  (named === agreed ? [] : secretEndpoints).flatMap(endpoint => {
    const address = named[endpoint];
    const url = address === undefined || agreed[endpoint] !== undefined ? null : URL.parse(address);
    return url ? [{ endpoint, host: url.host }] : [];
  });

/** One client, as the gate needs it. */
export interface GateOptions {
  readonly policy: AddressPolicy;
  readonly signal?: AbortSignal | undefined;
  /** Shown where the client is authenticated. */
  readonly certificate?: ClientCertificate | undefined;
  /** Notified of everything that leaves, before it does. */
  onSent(sending: Sending): void;
}

/**
 * Sends requests that can hold a secret (anything except a plain GET) only to these destinations. Keys and documents
 * can be read anywhere. A server whose certificate isn't verified gets nothing, unless the user agreed to that.
 *
 * @throws Failure `destination-not-agreed` or `certificate-unverified`, and nothing was sent.
 */
export function gated(
  httpContext: HttpContext,
  destinations: Destinations,
  { policy, signal, certificate, onSent }: GateOptions,
): HttpClient {
  const plain = httpContext[ungated](policy, signal);
  const http = certificate
    ? certificateHttp(destinations, plain, httpContext[ungated](policy, signal, certificate))
    : plain;
  const endpointAt = ({ href }: URL): Destination | undefined =>
    names.find(name => destinations[name] === href) ??
    names.find(name => URL.parse(destinations[name] ?? '')?.href === href);
  return async (address, init) => {
    if (isPublic(address, init)) return http(address, init);
    const url = new URL(address);
    const endpoint = endpointAt(url);
    if (endpoint === undefined) throw new StartFailure('destination-not-agreed', { host: url.host });
    if (url.protocol === 'https:' && policy.certificates !== 'unverified' && !verifiesCertificates())
      throw new StartFailure('certificate-unverified', { host: url.host });
    const isCertified =
      certificate !== undefined &&
      endpoint !== 'registration_client_uri' &&
      isShownAt(destinations, endpoint);
    onSent(sendingOf(url, init, endpoint, isCertified));
    return http(address, init);
  };
}

const names: readonly Destination[] = [...secretEndpoints, 'registration_client_uri'];

/** True for a request that anyone can make: a GET without credentials, in its headers and its URL. */
function isPublic(address: string, { method = 'GET', headers, body }: Parameters<HttpClient>[1]): boolean {
  if (method !== 'GET' || body || new Headers(headers).has('authorization')) return false;
  const query = URL.parse(address)?.searchParams;
  return ![...(query?.keys() ?? [])].some(name => name === 'token' || Object.hasOwn(ofParameters, name));
}

const ofParameters: Readonly<Record<string, SentKind>> = {
  code: 'code-and-verifier',
  refresh_token: 'refresh-token',
  subject_token: 'access-token',
  assertion: 'identity-assertion',
  access_token: 'access-token',
  id_token_hint: 'id-token',
  device_code: 'device-code',
  client_secret: 'client-secret',
  client_assertion: 'client-assertion',
};

/** What is shown in a token exchange (RFC 8693 section 3). */
const subjectKind = (parameters: URLSearchParams): SentKind =>
  ofSubjects[parameters.get('subject_token_type')?.split(':').at(-1) ?? ''] ?? 'access-token';

const ofSubjects: Readonly<Record<string, SentKind>> = {
  id_token: 'id-token',
  refresh_token: 'refresh-token',
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
  const form = membersOf(init.body);
  const parameters = address.search === '' ? form : new URLSearchParams([...form, ...address.searchParams]);
  const kinds = new Set<SentKind>();
  if (/^basic /i.test(authorization)) kinds.add('client-secret');
  if (/^(?:bearer|dpop) /i.test(authorization)) kinds.add(ofBearer[endpoint] ?? 'access-token');
  for (const name of parameters.keys()) {
    const kind = name === 'subject_token' ? subjectKind(parameters) : ofParameters[name];
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

/** The members of a form, and of JSON those that are text. */
function membersOf(body: Parameters<HttpClient>[1]['body']): URLSearchParams {
  if (typeof body !== 'string') return body instanceof URLSearchParams ? body : new URLSearchParams();
  const json = parseServerObject(body);
  if (!json) return new URLSearchParams(body);
  return new URLSearchParams(
    Object.entries(json).filter((member): member is [string, string] => typeof member[1] === 'string'),
  );
}
