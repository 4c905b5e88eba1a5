import type { Clock } from '../platform/clock.ts';
import { checkAddress, type AddressPolicy } from './address.ts';
import { Failure } from './failure.ts';
import type { HttpClient } from './http.ts';
import { parseMetadata, type Metadata } from './metadata.ts';
import { untilAborted } from '../platform/abort.ts';

/** A provider's metadata and where it was found. */
export interface DiscoveredServer {
  readonly metadata: Metadata;
  /** The address of the document that answered. */
  readonly metadataAddress: string;
}

/**
 * Where an issuer's metadata can be, likeliest first.
 *
 * Nearly every provider serves the form of OpenID Connect Discovery (appended to the issuer), so it comes
 * first and a sign-in costs one request for it. RFC 8414 section 3.1 inserts before the path; section 5
 * names the third form. Which of them answers does not matter for trust: the issuer inside must be equal.
 */
export function metadataAddresses(issuer: string): string[] {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  const at = (pathname: string): string => {
    const address = new URL(url);
    address.pathname = pathname;
    return address.href;
  };
  const addresses = [
    at(`${path}/.well-known/openid-configuration`),
    at(`/.well-known/oauth-authorization-server${path}`),
    at(`/.well-known/openid-configuration${path}`),
  ];
  return [...new Set(addresses)];
}

/**
 * Finds the metadata of an issuer. A place that has no metadata (404, a log-in page) is passed over; a
 * server that cannot be reached, or a document that is wrong, ends the search.
 *
 * @throws Failure `metadata-not-found`, those of {@link parseMetadata} and those of the http client.
 */
export async function discover(
  http: HttpClient,
  issuer: string,
  policy: AddressPolicy,
): Promise<DiscoveredServer> {
  checkAddress(issuer, policy);
  const answers: string[] = [];
  for (const address of metadataAddresses(issuer)) {
    const response = await http(address, { headers: { accept: 'application/json' } });
    const { host, pathname } = new URL(address);
    if (response.status === 429) throw new Failure('rate-limited', { host, status: 429 });
    if (response.status >= 500) throw new Failure('server-failed', { host, status: response.status });
    const document = response.status === 200 ? parseJson(await response.text()) : undefined;
    if (document !== undefined) {
      return { metadata: parseMetadata(document, issuer, address, policy), metadataAddress: address };
    }
    answers.push(`${pathname}: ${response.status === 200 ? 'not JSON' : `status ${response.status}`}`);
  }
  throw new Failure('metadata-not-found', { address: issuer, answers: answers.join('; ') });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** How long metadata is used without asking again, in seconds. */
const metadataLifetime = 3600;

/** Remembers the metadata of providers for {@link metadataLifetime}; concurrent callers share one request. */
export interface MetadataCache {
  /**
   * @param signal ends this caller's waiting, not the request that others may share.
   * @throws as {@link discover}, or the signal's reason.
   */
  get(issuer: string, policy: AddressPolicy, signal?: AbortSignal): Promise<DiscoveredServer>;
  /** Forgets what is known of an issuer, so that the next `get` asks again. */
  forget(issuer: string): void;
}

export function createMetadataCache(
  clock: Clock,
  client: (policy: AddressPolicy) => HttpClient,
): MetadataCache {
  const known = new Map<string, { at: number; server: DiscoveredServer }>();
  const asked = new Map<string, Promise<DiscoveredServer>>();

  const ask = (key: string, issuer: string, policy: AddressPolicy): Promise<DiscoveredServer> => {
    const asking = discover(client(policy), issuer, policy)
      .then(server => {
        known.set(key, { at: clock.now(), server });
        return server;
      })
      .finally(() => asked.delete(key));
    asked.set(key, asking);
    return asking;
  };

  return {
    get(issuer, policy, signal) {
      // The policy is part of what was checked: a provider that stops allowing http must not use old metadata.
      const key = JSON.stringify([issuer, policy.allowLoopbackHttp]);
      const entry = known.get(key);
      if (entry && clock.now() - entry.at < metadataLifetime * 1000) return Promise.resolve(entry.server);
      return untilAborted(asked.get(key) ?? ask(key, issuer, policy), signal);
    },
    forget(issuer) {
      for (const key of known.keys()) {
        if ((JSON.parse(key) as [string])[0] === issuer) known.delete(key);
      }
    },
  };
}
