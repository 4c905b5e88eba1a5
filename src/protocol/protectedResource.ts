import { serverAddressProblem, type AddressPolicy } from './address.ts';
import type { HttpClient } from './http.ts';
import { Failure } from './failure.ts';
import { isObject, parseServerJson } from './json.ts';

/** What an API says about itself (RFC 9728 section 2). */
export interface ProtectedResource {
  readonly resource: string;
  readonly authorizationServers: readonly string[];
  readonly scopes: readonly string[];
  /** The address of the document that answered. */
  readonly metadataAddress: string;
}

/** Where an API's metadata can be: between its host and its path (RFC 9728 section 3.1), then at the host. */
function resourceMetadataAddresses(resource: URL): string[] {
  const path = resource.pathname.replace(/\/$/, '');
  const at = (pathname: string): string => new URL(pathname, resource.origin).href;
  return [
    ...new Set([
      at(`/.well-known/oauth-protected-resource${path}`),
      at('/.well-known/oauth-protected-resource'),
    ]),
  ];
}

/** The address in a challenge's `resource_metadata` (RFC 9728 section 5.1). */
const challengedAddress = (header: string | null): string | undefined =>
  /\bresource_metadata="?([^",\s]+)"?/i.exec(header ?? '')?.[1];

/**
 * Finds out which authorization servers an API trusts, from the API's address. What it names is yet to be
 * believed: each server's own metadata must be about that server.
 *
 * @returns undefined if the API says nothing about it.
 * @throws those of the http client.
 */
export async function findProtectedResource(
  http: HttpClient,
  address: string,
  policy: AddressPolicy,
): Promise<ProtectedResource | undefined> {
  const api = new URL(address);
  api.search = '';
  const asked = await http(api.href, { headers: { accept: 'application/json' } }).catch(passedOver);
  const named = challengedAddress(asked?.headers.get('www-authenticate') ?? null);
  const isSafe =
    named !== undefined &&
    serverAddressProblem(named, policy, api.hostname) === undefined &&
    new URL(named).origin === api.origin;
  for (const candidate of [...(isSafe ? [named] : []), ...resourceMetadataAddresses(api)]) {
    const response = await http(candidate, { headers: { accept: 'application/json' } }).catch(passedOver);
    if (response?.status !== 200) continue;
    const found = readDocument(await response.text(), candidate, api, policy);
    if (found) return found;
  }
  return undefined;
}

/** A redirect to a log-in page is no metadata; a server that cannot be reached is a failure. */
function passedOver(error: unknown): undefined {
  if (error instanceof Failure && (error.code === 'redirected' || error.code === 'answer-too-large'))
    return undefined;
  throw error;
}

function readDocument(
  text: string,
  metadataAddress: string,
  api: URL,
  policy: AddressPolicy,
): ProtectedResource | undefined {
  const parsed = parseServerJson(text);
  if (parsed.kind !== 'json' || !isObject(parsed.value)) return undefined;
  const { resource, authorization_servers: servers, scopes_supported: scopes } = parsed.value;
  // RFC 9728 section 3.3: a document about something else must not be used.
  if (typeof resource !== 'string' || !isPrefix(resource, api)) return undefined;
  const authorizationServers = texts(servers).filter(
    server => serverAddressProblem(server, policy, api.hostname) === undefined,
  );
  return {
    resource,
    authorizationServers,
    scopes: texts(scopes).filter(scope => /^[\x21\x23-\x5B\x5D-\x7E]{1,200}$/.test(scope)),
    metadataAddress,
  };
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(item => typeof item === 'string').slice(0, 1000) : [];

/** True if an address is the resource's or lies below it. */
function isPrefix(resource: string, api: URL): boolean {
  const url = URL.parse(resource);
  if (!url || url.origin !== api.origin) return false;
  const path = url.pathname.replace(/\/$/, '');
  return api.pathname === url.pathname || `${api.pathname}/`.startsWith(`${path}/`);
}
