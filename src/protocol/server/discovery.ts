import { l10n } from '../../platform/shown.ts';
import { isWithin, type Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { checkAddress } from '../http/address.ts';
import { Failure } from '../failures/failure.ts';
import type { Blemishes, NoteBlemish } from '../http/blemishes.ts';
import type { PublicHttp } from '../http/http.ts';
import { isObject, parseServerJson } from '../http/json.ts';
import { readRefusal } from '../http/oauthError.ts';
import { metadataWarnings, parseMetadata, type Metadata } from './metadata.ts';
import { endpointMembers, sourceKey } from './namedEndpoints.ts';
import { type ServerSource } from './serverSource.ts';
import { untilAborted } from '../../platform/abort.ts';
import { textOf } from '../http/serverText.ts';

/** A provider's metadata and where it was found. */
export interface DiscoveredServer {
  readonly metadata: Metadata;
  /** The URL of the document that was found. */
  readonly metadataAddress: string;
}

/**
 * Lists where an issuer's metadata can be, likeliest first.
 *
 * Nearly every provider uses the form of OpenID Connect Discovery (appended to the issuer), so it comes first and a
 * sign-in needs one request for it. RFC 8414 section 3.1 inserts before the path, and section 5 names the third form.
 * Trust doesn't depend on which one responds: the issuer inside must be equal.
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
 * Finds the metadata of an issuer. Tries the next URL after any response that isn't a valid document: a server might
 * fail at one of them, or serve another document there. If all fail, the first failure counts.
 *
 * @throws Failure `metadata-not-found`, `server-failed`, `rate-limited`, `intercepted`, or those of {@link
 * parseMetadata} and of the HTTP client.
 */
export async function discover(
  http: PublicHttp,
  issuer: string,
  policy: ServerSource,
  note: NoteBlemish,
  read?: Documents,
): Promise<DiscoveredServer> {
  checkAddress(issuer, policy);
  const named = endpointMembers(policy.endpoints);
  if (policy.discovery === false) {
    const at = l10n.t('the setting oidc.providers');
    return { metadata: parseMetadata({ issuer, ...named }, issuer, at, policy, note), metadataAddress: at };
  }
  const answers: string[] = [];
  let first: Failure | undefined;
  for (const address of policy.metadataUrl === undefined ? metadataAddresses(issuer) : [policy.metadataUrl]) {
    try {
      const document = await readDocument(http, address, read);
      if (document.kind === 'json') {
        const value = isObject(document.value) ? { ...document.value, ...named } : document.value;
        const metadata = parseMetadata(value, issuer, address, policy, note);
        if (first) note('metadata.place', new URL(address).pathname);
        return { metadata, metadataAddress: address };
      }
      answers.push(`${new URL(address).pathname}: ${document.answer}`);
    } catch (error) {
      if (!(error instanceof Failure) || !isAnswer(error)) throw error;
      first ??= error;
    }
  }
  throw first ?? new Failure('metadata-not-found', { address: issuer, answers: answers.join('; ') });
}

/** True if the server responded: another URL might give another response. */
const isAnswer = ({ code }: Failure): boolean =>
  code !== 'unreachable' && code !== 'timed-out' && code !== 'step-timed-out';

type FoundDocument =
  | { readonly kind: 'json'; readonly value: unknown }
  /** What was there in its place, in a few words. */
  | { readonly kind: 'none'; readonly answer: string };

/** The bodies of responses that a caller has just got, by URL. */
type Documents = ReadonlyMap<string, string>;

async function readDocument(http: PublicHttp, address: string, read?: Documents): Promise<FoundDocument> {
  const text = read?.get(address);
  return text === undefined ? requestDocument(http, address) : documentIn(text, address);
}

async function requestDocument(http: PublicHttp, address: string): Promise<FoundDocument> {
  const response = await http(address, { headers: { accept: 'application/json' } });
  const { host } = new URL(address);
  const { status } = response;
  const refusal = await readRefusal(response, host);
  if (status === 403 && refusal?.page !== undefined)
    throw new Failure('intercepted', { host, status }, { sent: false });
  if (refusal?.busy) throw refusal.busy;
  if (refusal) return { kind: 'none', answer: l10n.t('status {0}', status) };
  return documentIn(await textOf(response), address);
}

function documentIn(text: string, address: string): FoundDocument {
  const document = parseServerJson(text);
  if (document.kind === 'refused')
    throw new Failure('metadata-invalid', { address, reason: l10n.t('it {0}', document.reason) });
  return document.kind === 'json' ? document : { kind: 'none', answer: l10n.t('not JSON') };
}

/** Endpoints that some servers list in only one of their two documents, for callers that show what a server offers. */
export const offeredEndpoints = [
  'registration_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
  'pushed_authorization_request_endpoint',
] as const satisfies readonly (keyof Metadata)[];

/**
 * Merges the issuer's other document. Some servers have two, and omit from the OpenID Connect one what isn't part of
 * it, such as registration and revocation.
 */
async function merged(
  http: PublicHttp,
  issuer: string,
  policy: ServerSource,
  found: DiscoveredServer,
  note: NoteBlemish,
  read?: Documents,
): Promise<DiscoveredServer> {
  if (policy.discovery === false || policy.metadataUrl !== undefined) return found;
  for (const address of metadataAddresses(issuer)) {
    if (address === found.metadataAddress) continue;
    try {
      const document = await readDocument(http, address, read);
      if (document.kind !== 'json') continue;
      const other = parseMetadata(document.value, issuer, address, policy, note);
      const own = Object.fromEntries(
        Object.entries(found.metadata).filter(([, value]) => value !== undefined),
      );
      for (const member of Object.keys(other)) if (!(member in own)) note('metadata.merged', member);
      return { ...found, metadata: { ...other, ...own, issuer: found.metadata.issuer } };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
  return found;
}

/** How long metadata is used without asking again, in seconds. */
const metadataLifetime = 3600;

/** Caches the metadata of providers for {@link metadataLifetime}. Concurrent callers share one request. */
export interface MetadataCache {
  /**
   * @param signal ends this caller's wait. The request ends with its last caller.
   * @param wanted if one of these is missing, the issuer's other document is looked up, once.
   * @param read what the caller has just read, by URL: it isn't requested again.
   * @throws as {@link discover}, or the signal's reason.
   */
  get(
    issuer: string,
    policy: ServerSource,
    signal?: AbortSignal,
    wanted?: readonly (keyof Metadata)[],
    read?: Documents,
  ): Promise<DiscoveredServer>;
  /** Drops the cached metadata of an issuer, so the next `get` requests it again. */
  forget(issuer: string): void;
}

interface Known {
  readonly at: number;
  readonly server: DiscoveredServer;
  /** True if the issuer's other document has been looked for. */
  readonly isWhole: boolean;
}

/** A pending request, and how many callers still wait for its response. */
interface Asking {
  readonly answer: Promise<DiscoveredServer>;
  readonly unwanted: AbortController;
  callers: number;
}

export function createMetadataCache(
  clock: Clock,
  client: (policy: ServerSource, signal?: AbortSignal) => PublicHttp,
  log: Log,
  blemishes: Blemishes,
): MetadataCache {
  const known = new Map<string, Known>();
  const asked = new Map<string, Asking>();

  const find = async (
    http: PublicHttp,
    issuer: string,
    policy: ServerSource,
    before: Known | undefined,
    read: Documents | undefined,
  ): Promise<Known> => {
    const note = blemishes.at(issuer);
    if (before)
      return {
        ...before,
        server: await merged(http, issuer, policy, before.server, note, read),
        isWhole: true,
      };
    const server = await discover(http, issuer, policy, note, read);
    for (const warning of metadataWarnings(server.metadata)) log.warn(warning, { issuer });
    return { at: clock.now(), server, isWhole: false };
  };

  const ask = (
    key: string,
    issuer: string,
    policy: ServerSource,
    before: Known | undefined,
    read: Documents | undefined,
  ): Asking => {
    const unwanted = new AbortController();
    const answer = find(client(policy, unwanted.signal), issuer, policy, before, read)
      .then(found => {
        // Forgotten since, what it says is from before that.
        if (asked.get(key) === asking) known.set(key, found);
        return found.server;
      })
      .finally(() => {
        if (asked.get(key) === asking) asked.delete(key);
      });
    const asking: Asking = { answer, unwanted, callers: 0 };
    asked.set(key, asking);
    return asking;
  };

  /** Lets one more caller wait for a request. */
  const join = async (key: string, asking: Asking, signal?: AbortSignal): Promise<DiscoveredServer> => {
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
  };

  const current = (key: string): Known | undefined => {
    const entry = known.get(key);
    return entry && isWithin(metadataLifetime * 1000, entry.at, clock.now()) ? entry : undefined;
  };

  return {
    async get(issuer, policy, signal, wanted = [], read) {
      signal?.throwIfAborted();
      // The policy is part of what was checked: a provider that stops allowing http must not use old metadata.
      const key = JSON.stringify([issuer, sourceKey(policy)]);
      const { server } = current(key) ?? {
        server: await join(key, asked.get(key) ?? ask(key, issuer, policy, undefined, read), signal),
      };
      const entry = current(key);
      const isLacking = wanted.some(member => server.metadata[member] === undefined);
      if (!isLacking || !entry || entry.isWhole) return server;
      return join(key, asked.get(key) ?? ask(key, issuer, policy, entry, read), signal);
    },
    forget(issuer) {
      for (const entries of [known, asked])
        for (const key of entries.keys())
          if ((JSON.parse(key) as [string])[0] === issuer) entries.delete(key);
    },
  };
}
