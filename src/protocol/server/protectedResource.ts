import type { AddressPolicy } from '../http/address.ts';
import { serverAddressProblem } from '../http/internalHost.ts';
import type { PublicHttp } from '../http/http.ts';
import { Failure } from '../failures/failure.ts';
import type { NoteBlemish } from '../http/blemishes.ts';
import { readForms } from '../http/forms.ts';
import { parseServerObject } from '../http/json.ts';
import { resourceProblem } from './resourceIndicator.ts';
import { textOf } from '../http/serverText.ts';

/** What an API says about itself (RFC 9728 section 2). */
export interface ProtectedResource {
  readonly resource: string;
  readonly authorizationServers: readonly string[];
  readonly scopes: readonly string[];
  /** The URL of the document that was found. */
  readonly metadataAddress: string;
}

export const resourceForms = {
  resource: 'text',
  authorization_servers: 'list',
  scopes_supported: 'list',
} as const;

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

/** The URL in a challenge's `resource_metadata` (RFC 9728 section 5.1). */
const challengedAddress = (header: string | null): string | undefined =>
  /\bresource_metadata="?([^",\s]+)"?/i.exec(header ?? '')?.[1];

/**
 * Finds the authorization servers that an API trusts, from the API's URL. Its claim isn't verified yet: each server's
 * own metadata must be about that server.
 *
 * @returns undefined if the API names none.
 * @throws those of the HTTP client.
 */
export async function findProtectedResource(
  http: PublicHttp,
  address: string,
  policy: AddressPolicy,
  note: NoteBlemish,
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
    if (!response?.ok) continue;
    const found = readDocument(await textOf(response), candidate, note);
    // RFC 9728 section 3.3: a document about something else must not be used.
    if (!found || !isPrefix(found.resource, api)) continue;
    const isUsable = (server: string) => serverAddressProblem(server, policy, api.hostname) === undefined;
    return { ...found, authorizationServers: found.authorizationServers.filter(isUsable) };
  }
  return undefined;
}

/**
 * Reads the metadata that an API's challenge names (`resource_metadata`, RFC 9728 section 5.1), without a token. It
 * must be on the API's host and be about it (section 3.3): otherwise an API could get another API's tokens sent to
 * itself.
 *
 * @param refused the URL of the refused request, or undefined if unknown. Then the document is only known to be about
 * its own location, not about the right API.
 * @param written the host that is always allowed, see {@link serverAddressProblem}.
 * @returns undefined if the URL can't be used, or isn't such a document. Returns the authorization servers unchanged,
 * for comparison.
 * @throws those of the HTTP client.
 */
export async function readProtectedResource(
  http: PublicHttp,
  address: string,
  policy: AddressPolicy,
  refused: URL | undefined,
  written: string,
  note: NoteBlemish,
): Promise<ProtectedResource | undefined> {
  if (serverAddressProblem(address, policy, refused?.hostname ?? written) !== undefined) return undefined;
  const place = new URL(address);
  if (refused && refused.origin !== place.origin) return undefined;
  const response = await http(address, { headers: { accept: 'application/json' } }).catch(passedOver);
  if (!response?.ok) return undefined;
  const found = readDocument(await textOf(response), address, note);
  if (!found) return undefined;
  const resource = URL.parse(found.resource);
  if (resource?.origin !== place.origin || resource.username !== '' || resource.password !== '')
    return undefined;
  // A URL with two readings might be requested as another one than was checked.
  if (bare(resource.href) !== bare(found.resource)) return undefined;
  const isAbout = refused
    ? isPrefix(found.resource, refused)
    : resourceMetadataAddresses(resource).includes(place.href);
  return isAbout ? found : undefined;
}

/** Ignores a redirect to a sign-in page, or a page of any length: neither is metadata. Other failures stay. */
export function passedOver(error: unknown): undefined {
  if (error instanceof Failure && (error.code === 'redirected' || error.code === 'answer-too-large'))
    return undefined;
  throw error;
}

/** Parses a document. The caller checks that it is about the right resource, and names allowed servers. */
function readDocument(
  text: string,
  metadataAddress: string,
  note: NoteBlemish,
): ProtectedResource | undefined {
  const document = readForms(parseServerObject(text) ?? {}, resourceForms, note);
  const { resource, authorization_servers: servers, scopes_supported: scopes } = document;
  if (typeof resource !== 'string' || resourceProblem(resource) !== undefined) return undefined;
  return {
    resource,
    authorizationServers: texts(servers),
    scopes: texts(scopes).filter(scope => /^[\x21\x23-\x5B\x5D-\x7E]{1,200}$/.test(scope)),
    metadataAddress,
  };
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(item => typeof item === 'string').slice(0, 1000) : [];

const bare = (address: string): string => address.replace(/\/$/, '');

/** True if a URL is the resource's or below it. */
function isPrefix(resource: string, api: URL): boolean {
  const url = URL.parse(resource);
  if (!url || url.origin !== api.origin) return false;
  const path = url.pathname.replace(/\/$/, '');
  return api.pathname === url.pathname || `${api.pathname}/`.startsWith(`${path}/`);
}
