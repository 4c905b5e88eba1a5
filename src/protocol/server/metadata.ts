import { l10n } from '../../platform/shown.ts';
import { serverAddressProblem } from '../http/internalHost.ts';
import { isObject } from '../http/json.ts';
import { Failure } from '../failures/failure.ts';
import { serviceGrantTypes } from './serviceGrantTypes.ts';
import { quoteServerText } from '../http/serverText.ts';
import type { NoteBlemish } from '../http/blemishes.ts';
import { readForms, type Forms } from '../http/forms.ts';
import type { ServerSource } from './serverSource.ts';
import { isFromIssuer } from './tenantIssuer.ts';

/** The endpoints that can have another URL for clients with a certificate (RFC 8705 section 5). */
export const aliasForms = {
  token_endpoint: 'text',
  userinfo_endpoint: 'text',
  device_authorization_endpoint: 'text',
  revocation_endpoint: 'text',
  introspection_endpoint: 'text',
  pushed_authorization_request_endpoint: 'text',
} as const satisfies Forms;

/**
 * The members of authorization server metadata (RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3)
 * that are used here.
 */
export const metadataForms = {
  issuer: 'text',
  authorization_endpoint: 'text',
  token_endpoint: 'text',
  jwks_uri: 'text',
  userinfo_endpoint: 'text',
  device_authorization_endpoint: 'text',
  revocation_endpoint: 'text',
  introspection_endpoint: 'text',
  end_session_endpoint: 'text',
  registration_endpoint: 'text',
  pushed_authorization_request_endpoint: 'text',
  require_pushed_authorization_requests: 'flag',
  authorization_response_iss_parameter_supported: 'flag',
  client_id_metadata_document_supported: 'flag',
  scopes_supported: 'list',
  response_types_supported: 'list',
  grant_types_supported: 'list',
  code_challenge_methods_supported: 'list',
  token_endpoint_auth_methods_supported: 'list',
  token_endpoint_auth_signing_alg_values_supported: 'list',
  id_token_signing_alg_values_supported: 'list',
  userinfo_signing_alg_values_supported: 'list',
  acr_values_supported: 'list',
  prompt_values_supported: 'list',
  claims_supported: 'list',
  subject_types_supported: 'list',
  tls_client_certificate_bound_access_tokens: 'flag',
  dpop_signing_alg_values_supported: 'list',
} as const satisfies Forms;

type Members<OfForms extends Forms> = {
  readonly [Member in keyof OfForms]?:
    | (OfForms[Member] extends 'flag' ? boolean : OfForms[Member] extends 'list' ? readonly string[] : string)
    | undefined;
};

export type Metadata = Members<typeof metadataForms> & {
  readonly issuer: string;
  readonly mtls_endpoint_aliases?: Members<typeof aliasForms> | undefined;
};

/** The members without which nothing works or nothing can be verified: they have to be right. */
const essential: readonly string[] = ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'];

/** The longest accepted URL and name, in characters, and the longest array. */
const longest = { address: 2048, name: 200, list: 1000 };

/** Grant types without a user, see serviceGrants.ts. */
const serviceGrants: readonly string[] = Object.values(serviceGrantTypes);

/** Signature algorithms accepted for an ID token: asymmetric ones that WebCrypto can verify (RFC 7518, RFC 8037). */
const trustedAlgorithms = /^(RS|PS|ES)(256|384|512)$|^(EdDSA|Ed25519)$/;

/**
 * Validates a metadata document that claims to be `issuer`'s. An invalid optional property is dropped.
 *
 * @throws Failure `metadata-invalid`, also for an endpoint that {@link serverAddressProblem} objects to,
 * `metadata-plain-http`, or `issuer-mismatch` (compared exactly, RFC 8414 section 3.3).
 */
export function parseMetadata(
  document: unknown,
  issuer: string,
  at: string,
  policy: ServerSource,
  note: NoteBlemish,
): Metadata {
  const invalid = (reason: string): Failure => new Failure('metadata-invalid', { address: at, reason });
  if (!isObject(document)) throw invalid(l10n.t('it isn’t a JSON object'));
  const read = membersOf(document, metadataForms, note, essential);
  const wrong = essential.find(member => member in read && !isAddressText(read[member]));
  const found = read['issuer'];
  if (wrong !== undefined || found === undefined)
    throw invalid(l10n.t('"{0}" is missing or of the wrong type', wrong ?? 'issuer'));
  checkIssuer(found as string, issuer, at, policy);
  const origin = new URL(issuer);
  const problemOf = (address: string): string | undefined =>
    serverAddressProblem(address, policy, origin.hostname);
  for (const [member, value] of Object.entries(read)) {
    if (!isEndpoint(member) || typeof value !== 'string') continue;
    const problem = problemOf(value);
    if (problem === undefined) continue;
    if (value.startsWith(`http://${origin.host}/`) && origin.protocol === 'https:')
      throw new Failure('metadata-plain-http', { address: at, member: `"${member}"` });
    if (essential.includes(member)) throw invalid(`its "${member}" ${problem}`);
    note('metadata.endpoint', member);
    delete read[member];
  }
  const metadata = read as Metadata;
  const aliases = aliasesOf(document, problemOf, note);
  const offersAny =
    (metadata.response_types_supported?.includes('code') ?? true) ||
    metadata.device_authorization_endpoint !== undefined ||
    serviceGrants.some(grantType => metadata.grant_types_supported?.includes(grantType));
  if (!offersAny) throw invalid(l10n.t('it offers no grant type that can be used here'));
  const algorithms = metadata.id_token_signing_alg_values_supported?.filter(name =>
    trustedAlgorithms.test(name),
  );
  return {
    ...metadata,
    ...(aliases && { mtls_endpoint_aliases: aliases }),
    ...(algorithms && { id_token_signing_alg_values_supported: algorithms }),
  };
}

function checkIssuer(found: string, issuer: string, at: string, policy: ServerSource): void {
  // The metadata of one tenant names the issuer that is a template in the settings.
  if (found === issuer || isFromIssuer(issuer, found, policy.allowedTenants)) return;
  if (issuer.startsWith('https:') && found === issuer.replace('https:', 'http:'))
    throw new Failure('metadata-plain-http', { address: at, member: '"issuer"' });
  throw new Failure('issuer-mismatch', {
    address: at,
    found: quoteServerText(found) ?? '“”',
    expected: `“${issuer}”`,
  });
}

export const isEndpoint = (member: string): boolean => member.endsWith('_endpoint') || member === 'jwks_uri';

/** The members that are used here, each with its type, but for those that are `essential`. */
function membersOf(
  document: Readonly<Record<string, unknown>>,
  forms: Forms,
  note: NoteBlemish,
  essential: readonly string[],
): Record<string, unknown> {
  const read = readForms(document, forms, note);
  const members: Record<string, unknown> = {};
  for (const [member, form] of Object.entries(forms)) {
    const value = read[member];
    if (value === undefined) continue;
    const isGood = form !== 'text' || isAddressText(value);
    if (isGood || essential.includes(member)) members[member] = form === 'list' ? namesIn(value) : value;
    else note('form.unreadable', member);
  }
  return members;
}

const isAddressText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= longest.address;

const namesIn = (list: unknown): string[] =>
  (list as string[]).filter(name => name.length <= longest.name).slice(0, longest.list);

/** Drops unusable aliases: the general endpoint is used instead. */
function aliasesOf(
  document: Readonly<Record<string, unknown>>,
  problemOf: (address: string) => string | undefined,
  note: NoteBlemish,
): Metadata['mtls_endpoint_aliases'] {
  const written = document['mtls_endpoint_aliases'];
  if (!isObject(written)) return undefined;
  const read = membersOf(written, aliasForms, note, []);
  return Object.fromEntries(
    Object.entries(read).filter(([member, address]) => {
      const isUsable = problemOf(String(address)) === undefined;
      if (!isUsable) note('metadata.endpoint', `mtls_endpoint_aliases.${member}`);
      return isUsable;
    }),
  );
}

/**
 * Lists a usable server's metadata warnings, as sentences without a full stop. For the log and for troubleshooting.
 */
export function metadataWarnings(metadata: Metadata): string[] {
  const { code_challenge_methods_supported: challenges, jwks_uri: keys } = metadata;
  return [
    ...(challenges?.includes('S256')
      ? []
      : [l10n.t('the provider doesn’t declare support for PKCE with S256, which is still used')]),
    ...(keys === undefined
      ? [l10n.t('the provider publishes no keys, so its ID tokens can’t be verified')]
      : []),
  ];
}

/** Lists the hosts of a server's URLs that aren't on its issuer's host. */
export function otherHosts(issuer: string, metadata: Metadata): string {
  const hosts = Object.entries(metadata).flatMap(([name, value]) =>
    /_(endpoint|uri)$/.test(name) && typeof value === 'string' ? [new URL(value).host] : [],
  );
  return [...new Set(hosts)].filter(host => host !== new URL(issuer).host).join(', ');
}
