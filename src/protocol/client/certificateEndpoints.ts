import type { HttpClient } from '../http/http.ts';
import type { AgreedEndpoints, SecretEndpoint } from '../server/secretEndpoints.ts';
import type { Metadata } from '../server/metadata.ts';
import { endpointMembers } from '../server/namedEndpoints.ts';
import { type ServerSource } from '../server/serverSource.ts';

/** Endpoints that authenticate the client, or that accept a token that might be bound to its certificate. */
const endpoints = [
  'token_endpoint',
  'userinfo_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'pushed_authorization_request_endpoint',
] as const satisfies readonly (keyof Metadata)[];

/** By the server's own metadata: other things are remembered by the identity of what this gives. */
const known = new WeakMap<Metadata, Metadata>();

/**
 * Replaces the server's endpoints by those for clients with a certificate (`mtls_endpoint_aliases`, RFC 8705 section
 * 5). An endpoint in the settings stays as configured.
 */
export function forCertificate(metadata: Metadata, source: ServerSource): Metadata {
  const before = known.get(metadata);
  if (before) return before;
  const changed = { ...metadata, ...metadata.mtls_endpoint_aliases, ...endpointMembers(source.endpoints) };
  known.set(metadata, changed);
  return changed;
}

const shownAt = (metadata: AgreedEndpoints): string[] =>
  endpoints.flatMap(endpoint => URL.parse(metadata[endpoint] ?? '')?.href ?? []);

/** Whether {@link certificateHttp} shows the certificate at this endpoint, perhaps as that of another name. */
export const isShownAt = (metadata: AgreedEndpoints, endpoint: SecretEndpoint): boolean =>
  shownAt(metadata).includes(URL.parse(metadata[endpoint] ?? '')?.href ?? '');

/** Sends the certificate only where it is needed: not to a key server, for example. */
export function certificateHttp(
  metadata: AgreedEndpoints,
  plain: HttpClient,
  showing: HttpClient,
): HttpClient {
  const own = shownAt(metadata);
  return (address, init) => (own.includes(new URL(address).href) ? showing : plain)(address, init);
}
