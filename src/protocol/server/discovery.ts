import * as l10n from '@vscode/l10n';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { checkAddress } from '../http/address.ts';
import { Failure } from '../failures/failure.ts';
import type { HttpClient } from '../http/http.ts';
import { isObject, parseServerJson } from '../http/json.ts';
import { busyFailure } from '../http/oauthError.ts';
import { metadataWarnings, parseMetadata, type Metadata } from './metadata.ts';
import { endpointMembers, sourceKey, type ServerSource } from './serverSource.ts';
import { untilAborted } from '../../platform/abort.ts';

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
  policy: ServerSource,
): Promise<DiscoveredServer> {
  checkAddress(issuer, policy);
  const named = endpointMembers(policy.endpoints);
  if (policy.discovery === false) {
    const at = l10n.t('the setting oidc.providers');
    return { metadata: parseMetadata({ issuer, ...named }, issuer, at, policy), metadataAddress: at };
  }
  const answers: string[] = [];
  for (const address of policy.metadataUrl === undefined ? metadataAddresses(issuer) : [policy.metadataUrl]) {
    const response = await http(address, { headers: { accept: 'application/json' } });
    const { host, pathname } = new URL(address);
    const busy = busyFailure(response, host);
    if (busy) throw busy;
    const document = response.status === 200 ? parseServerJson(await response.text()) : undefined;
    if (document?.kind === 'refused') {
      throw new Failure('metadata-invalid', { address, reason: l10n.t('it {0}', document.reason) });
    }
    if (document?.kind === 'json') {
      const value = isObject(document.value) ? { ...document.value, ...named } : document.value;
      return { metadata: parseMetadata(value, issuer, address, policy), metadataAddress: address };
    }
    answers.push(
      `${pathname}: ${response.status === 200 ? l10n.t('not JSON') : l10n.t('status {0}', response.status)}`,
    );
  }
  throw new Failure('metadata-not-found', { address: issuer, answers: answers.join('; ') });
}

/** How long metadata is used without asking again, in seconds. */
const metadataLifetime = 3600;

/** Remembers the metadata of providers for {@link metadataLifetime}; concurrent callers share one request. */
export interface MetadataCache {
  /**
   * @param signal ends this caller's waiting; the request ends with the last caller that waits for it.
   * @throws as {@link discover}, or the signal's reason.
   */
  get(issuer: string, policy: ServerSource, signal?: AbortSignal): Promise<DiscoveredServer>;
  /** Forgets what is known of an issuer, so that the next `get` asks again. */
  forget(issuer: string): void;
}

/** A request under way, and how many callers still want its answer. */
interface Asking {
  readonly answer: Promise<DiscoveredServer>;
  readonly unwanted: AbortController;
  callers: number;
}

export function createMetadataCache(
  clock: Clock,
  client: (policy: ServerSource, signal?: AbortSignal) => HttpClient,
  log: Log,
): MetadataCache {
  const known = new Map<string, { at: number; server: DiscoveredServer }>();
  const asked = new Map<string, Asking>();

  const ask = (key: string, issuer: string, policy: ServerSource): Asking => {
    const unwanted = new AbortController();
    const answer = discover(client(policy, unwanted.signal), issuer, policy)
      .then(server => {
        known.set(key, { at: clock.now(), server });
        for (const warning of metadataWarnings(server.metadata)) log.warn(warning, { issuer });
        return server;
      })
      .finally(() => {
        if (asked.get(key) === asking) asked.delete(key);
      });
    const asking: Asking = { answer, unwanted, callers: 0 };
    asked.set(key, asking);
    return asking;
  };

  return {
    async get(issuer, policy, signal) {
      signal?.throwIfAborted();
      // The policy is part of what was checked: a provider that stops allowing http must not use old metadata.
      const key = JSON.stringify([issuer, sourceKey(policy)]);
      const entry = known.get(key);
      if (entry && clock.now() - entry.at < metadataLifetime * 1000) return entry.server;
      const asking = asked.get(key) ?? ask(key, issuer, policy);
      asking.callers++;
      try {
        return await untilAborted(asking.answer, signal);
      } finally {
        asking.callers--;
        if (asking.callers === 0) {
          if (asked.get(key) === asking) asked.delete(key);
          asking.unwanted.abort();
        }
      }
    },
    forget(issuer) {
      for (const key of known.keys()) {
        if ((JSON.parse(key) as [string])[0] === issuer) known.delete(key);
      }
    },
  };
}
