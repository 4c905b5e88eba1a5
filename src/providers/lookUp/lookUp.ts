import { l10n } from '../../platform/shown.ts';
import { checkAddress } from '../../protocol/http/address.ts';
import { metadataAddresses, offeredEndpoints } from '../../protocol/server/discovery.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { PublicHttp } from '../../protocol/http/http.ts';
import { parseServerObject } from '../../protocol/http/json.ts';
import { quoteServerText } from '../../protocol/http/serverText.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import { findProtectedResource, passedOver } from '../../protocol/server/protectedResource.ts';
import type { ServerSource } from '../../protocol/server/serverSource.ts';
import { findIssuer } from '../../protocol/server/webfinger.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { TypedAddress } from './typedAddress.ts';

/** An authorization server found from the user's input. Its own metadata names it. */
export interface FoundServer {
  readonly issuer: string;
  readonly metadata: Metadata;
  /** The document that answered. */
  readonly metadataAddress: string;
  /** Set if the metadata document isn't where the issuer places it. */
  readonly metadataUrl: string | undefined;
  readonly allowLoopbackHttp: boolean;
  /** How it was found, as a sentence. */
  readonly how: string;
  /** The API that led to it, which the tokens are for (RFC 8707), and the scopes that it names. */
  readonly resource: string | undefined;
  readonly scopes: readonly string[];
}

/** Issuers that a URL without metadata might have meant. The part in brackets is unknown. */
const likelyPaths = [
  { probe: '/realms/master', meant: '/realms/<name>' },
  { probe: '/auth/realms/master', meant: '/auth/realms/<name>' },
  { probe: '/oauth2/default', meant: '/oauth2/default' },
] as const;

/**
 * Finds the provider that a user means: by its issuer, its metadata document, an email address or its domain
 * (WebFinger), or the URL of an API that names the servers it trusts (RFC 9728).
 *
 * @throws Failure `provider-not-found`, with a suggestion, or a failure of discovery or of the HTTP client.
 */
export async function lookUp(
  httpContext: HttpContext,
  typed: Exclude<TypedAddress, { kind: 'problem' }>,
  signal?: AbortSignal,
): Promise<FoundServer> {
  if (typed.kind === 'email') return byEmail(httpContext, typed.address, signal);
  const policy = { allowLoopbackHttp: typed.allowLoopbackHttp };
  checkAddress(typed.url, policy, 'typed');
  const reading: Reading = { http: httpContext.http(policy, signal), documents: new Map() };
  const note = httpContext.blemishes.at(new URL(typed.url).host);
  if (typed.kind === 'metadata') return byMetadata(httpContext, reading, typed.url, policy, signal);

  const issuer = await issuerAt(reading, typed.url);
  if (issuer !== undefined) {
    const how =
      issuer === typed.url
        ? l10n.t('The issuer URL you entered.')
        : l10n.t('Issuer URL: {0} (differs slightly from what you entered).', issuer);
    return discovered(httpContext, issuer, policy, how, signal, reading.documents);
  }
  const api = await findProtectedResource(reading.http, typed.url, policy, note);
  const [server] = api?.authorizationServers ?? [];
  if (api && server !== undefined) {
    const how = l10n.t('The API {0} trusts this provider.', api.resource);
    const found = await hinted(httpContext, reading, server, policy, how, signal);
    return { ...found, resource: api.resource, scopes: api.scopes };
  }
  const named = await findIssuer(reading.http, typed.url, policy, note).catch(notFound);
  if (named !== undefined) {
    const how = l10n.t('{0} names this provider (WebFinger).', new URL(typed.url).host);
    return hinted(httpContext, reading, named, policy, how, signal);
  }
  const { hint, meant } = await hintFor(reading, typed.url);
  throw new Failure('provider-not-found', { address: typed.url, hint }, { meant });
}

/**
 * The server with this issuer, as its metadata describes it now.
 *
 * @param how it was found, as a sentence.
 * @param documents what the look-up has just read, by URL: it isn't requested again.
 * @throws Failure those of discovery and of the http client.
 */
export async function discovered(
  httpContext: HttpContext,
  issuer: string,
  policy: ServerSource,
  how: string,
  signal: AbortSignal | undefined,
  documents?: ReadonlyMap<string, string>,
): Promise<FoundServer> {
  // Don't use a cached document: the user might have just changed it.
  httpContext.metadata.forget(issuer);
  const { metadata, metadataAddress } = await httpContext.metadata.get(
    issuer,
    policy,
    signal,
    offeredEndpoints,
    documents,
  );
  const { metadataUrl, allowLoopbackHttp } = policy;
  return {
    issuer,
    metadata,
    metadataAddress,
    metadataUrl,
    allowLoopbackHttp,
    how,
    resource: undefined,
    scopes: [],
  };
}

/** What one look-up reads with, and what it has read: the bodies of responses, by URL. */
interface Reading {
  readonly http: PublicHttp;
  readonly documents: Map<string, string>;
}

/**
 * Looks up a server that someone other than the user named. A lone slash at the end of its URL doesn't make another
 * issuer: the document names the right one.
 */
async function hinted(
  httpContext: HttpContext,
  reading: Reading,
  hint: string,
  policy: ServerSource,
  how: string,
  signal: AbortSignal | undefined,
): Promise<FoundServer> {
  const issuer = await issuerAt(reading, hint).catch(notFound);
  const isSame = issuer !== undefined && withoutSlash(issuer) === withoutSlash(hint);
  return discovered(httpContext, isSame ? issuer : hint, policy, how, signal, reading.documents);
}

const withoutSlash = (address: string): string => address.replace(/\/$/, '');

/** The domain's own word goes first, then what is at the domain itself. */
async function byEmail(
  httpContext: HttpContext,
  email: string,
  signal: AbortSignal | undefined,
): Promise<FoundServer> {
  const policy = { allowLoopbackHttp: false };
  const domain = email.slice(email.indexOf('@') + 1);
  const reading: Reading = { http: httpContext.http(policy, signal), documents: new Map() };
  const issuer = await findIssuer(reading.http, email, policy, httpContext.blemishes.at(domain)).catch(
    notFound,
  );
  const how = l10n.t('{0} names this provider (WebFinger).', domain);
  const asNamed =
    issuer === undefined ? undefined : hinted(httpContext, reading, issuer, policy, how, signal);
  const named = await asNamed?.catch(notFound);
  if (named) return named;
  const own = await issuerAt(reading, `https://${domain}`).catch(notFound);
  if (own !== undefined)
    return discovered(
      httpContext,
      own,
      policy,
      l10n.t('The provider is at {0} itself.', domain),
      signal,
      reading.documents,
    );
  // What is wrong with the one that is named says more than that there is none.
  if (asNamed) return asNamed;
  const hint = l10n.t(
    'The domain doesn’t name a provider. Enter the provider’s URL, which its administrator knows.',
  );
  throw new Failure('provider-not-found', { address: email, hint });
}

async function byMetadata(
  httpContext: HttpContext,
  reading: Reading,
  url: string,
  policy: ServerSource,
  signal: AbortSignal | undefined,
): Promise<FoundServer> {
  const issuer = await issuerIn(reading, url);
  if (issuer === undefined) {
    const hint = l10n.t('The document there isn’t provider metadata. Enter the issuer URL instead.');
    throw new Failure('provider-not-found', { address: url, hint });
  }
  const isItsOwn = URL.canParse(issuer) && metadataAddresses(issuer).includes(url);
  const source = isItsOwn ? policy : { ...policy, metadataUrl: url };
  return discovered(
    httpContext,
    issuer,
    source,
    l10n.t('The metadata document names this issuer.'),
    signal,
    reading.documents,
  );
}

/** The issuer that a document at one of the standard places names, if it is of the same origin. */
async function issuerAt(reading: Reading, address: string): Promise<string | undefined> {
  for (const candidate of metadataAddresses(address)) {
    const issuer = await issuerIn(reading, candidate);
    if (issuer === undefined) continue;
    // Only the user can choose another host than the one entered.
    if (URL.parse(issuer)?.origin === new URL(address).origin) return issuer;
    throw new Failure('issuer-mismatch', {
      address: candidate,
      found: quoteServerText(issuer) ?? '“”',
      expected: `“${address}”`,
    });
  }
  return undefined;
}

async function issuerIn(reading: Reading, address: string): Promise<string | undefined> {
  const response = await reading.http(address, { headers: { accept: 'application/json' } }).catch(passedOver);
  if (!response?.ok) return undefined;
  const text = await response.text();
  reading.documents.set(address, text);
  const issuer = parseServerObject(text)?.['issuer'];
  return typeof issuer === 'string' && issuer.trim() !== '' ? issuer : undefined;
}

function notFound(error: unknown): undefined {
  if (error instanceof Failure) return undefined;
  throw error;
}

/** @returns what to do, with the URL that was probably meant if there is one. */
async function hintFor(reading: Reading, address: string): Promise<{ hint: string; meant?: string }> {
  const { origin, pathname } = new URL(address);
  const mean = (meant: string) => ({ hint: l10n.t('Did you mean {0}?', meant), meant });
  if (pathname === '/' || pathname === '') {
    for (const { probe, meant } of likelyPaths) {
      if ((await issuerAt(reading, `${origin}${probe}`).catch(notFound)) !== undefined)
        return mean(`${origin}${meant}`);
    }
    return { hint: l10n.t('The URL might need a path, which the provider’s administrator knows.') };
  }
  const parent = await issuerAt(reading, origin).catch(notFound);
  return parent === undefined ? { hint: l10n.t('Check the path of the URL.') } : mean(parent);
}
