import { secondsNow } from '../../platform/clock.ts';
import { proofsWith } from '../../protocol/client/keys/proofs.ts';
import { signProof } from '../../protocol/client/keys/signProof.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import { bareHost, checkAddress } from '../../protocol/http/address.ts';
import { isEndpoint, type Metadata } from '../../protocol/server/metadata.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Accounts } from '../../sessions/accounts.ts';
import type { Secret } from '../../platform/secret.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { Grant } from '../../sessions/grant/grant.ts';

export interface ProofParts {
  readonly accounts: Pick<Accounts, 'renew'>;
  readonly httpContext: Pick<HttpContext, 'metadata' | 'clock'>;
}

/** A session whose access token the caller has shown that it holds. */
export interface ProvenSession {
  readonly grant: Grant;
  readonly provider: Provider;
  readonly token: { readonly accessToken: Secret };
}

interface Refused {
  readonly code: 'proof-url' | 'proof-request' | 'proof-key-lost' | 'failed';
  readonly message: string;
}

export type ProofOrRefusal = { readonly proof: string } | Refused;

const refused = (code: Refused['code'], message: string): Refused => ({ code, message });

/** A method (RFC 9110 section 9.1), and a nonce (RFC 9449 section 8.1), of lengths that they have. */
const methodPattern = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$/;
const noncePattern = /^[\x21\x23-\x5B\x5D-\x7E]{1,2000}$/;

/** What a caller wants a proof for. Undefined: that is malformed. */
function requestIn(
  request: unknown,
): { readonly method: string; readonly url: string; readonly nonce: string | undefined } | undefined {
  const { method, url, nonce } = Object(request) as Record<string, unknown>;
  const address = url instanceof URL ? url.href : url;
  if (typeof method !== 'string' || !methodPattern.test(method) || typeof address !== 'string')
    return undefined;
  if (nonce === undefined) return { method, url: address, nonce };
  return typeof nonce === 'string' && noncePattern.test(nonce) ? { method, url: address, nonce } : undefined;
}

/**
 * Makes a proof for an API. The key itself never leaves, and nothing that the identity provider takes can be made with it
 * by another extension: a proof for one of its endpoints would be half of what spends a stolen refresh token.
 */
export async function prove(
  parts: ProofParts,
  held: ProvenSession,
  request: unknown,
): Promise<ProofOrRefusal> {
  const { grant, provider, token } = held;
  const read = requestIn(request);
  if (!read || !grant.proofKey) return refused('proof-request', 'This method, URL or nonce can’t be used.');
  try {
    const url = checkAddress(read.url.split('#')[0] ?? '', provider);
    if (await isOfProvider(parts, held, url))
      return refused('proof-url', 'No proof is made for an endpoint of the identity provider.');
    const proofs = await proofsWith(grant.proofKey, provider.issuer, parts.httpContext.clock);
    const { method, nonce } = read;
    const issuedAt = secondsNow(parts.httpContext.clock) + proofs.ahead;
    return { proof: await signProof(proofs, { method, url, nonce, issuedAt }, token.accessToken) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code !== 'proof-key-lost')
      return refused(isAboutUrl(error) ? 'proof-url' : 'failed', error.message);
    // The refresh fails for the same reason, and asks the user to sign in again.
    await parts.accounts.renew(provider, grant, undefined);
    return refused('proof-key-lost', error.message);
  }
}

const isAboutUrl = ({ code }: Failure): boolean =>
  code === 'address-insecure' || code === 'named-address-invalid';

/**
 * True for an endpoint of the identity provider. The metadata is read only for a host that endpoints can be on, which are
 * the issuer's own and those that the user agreed to (protocol/client/gate.ts).
 */
async function isOfProvider(
  { httpContext }: ProofParts,
  { grant, provider }: ProvenSession,
  url: URL,
): Promise<boolean> {
  const agreed = agreedEndpoints(grant);
  const place = placeOf(url.href);
  const isThere = (address: string): boolean => placeOf(address)?.whole === place?.whole;
  if (agreed.some(isThere)) return true;
  if (![provider.issuer, ...agreed].some(address => placeOf(address)?.host === place?.host)) return false;
  const { metadata } = await httpContext.metadata.get(provider.issuer, provider);
  return endpointsIn(metadata).some(isThere);
}

/** Where a URL leads, however it is spelled. Undefined: nowhere. */
function placeOf(address: string): { readonly host: string; readonly whole: string } | undefined {
  const url = URL.parse(address);
  if (!url) return undefined;
  const host = `${url.protocol}//${bareHost(url.hostname)}:${url.port}`;
  const octet = (_: string, digits: string): string => String.fromCharCode(parseInt(digits, 16));
  const path = url.pathname
    .replace(/%([0-9a-f]{2})/gi, octet)
    .toLowerCase()
    .replace(/\/+/g, '/');
  return { host, whole: `${host}${path.replace(/\/$/, '')}` };
}

const agreedEndpoints = ({ binding: { tokenEndpoint, endpoints = {} } }: Grant): string[] => [
  tokenEndpoint,
  ...Object.values(endpoints).filter(address => address !== undefined),
];

const endpointsIn = ({ mtls_endpoint_aliases: aliases, ...metadata }: Metadata): string[] =>
  [metadata, aliases ?? {}].flatMap(members =>
    Object.entries(members).flatMap(([name, value]) =>
      isEndpoint(name) && typeof value === 'string' ? [value] : [],
    ),
  );
