import * as l10n from '@vscode/l10n';
import * as v from 'valibot';
import { serverAddressProblem } from '../http/address.ts';
import { Failure } from '../failures/failure.ts';
import { serviceGrantTypes } from './serviceGrantTypes.ts';
import { quoteServerText } from '../http/serverText.ts';
import { isFromIssuer, type ServerSource } from './serverSource.ts';

const address = v.pipe(v.string(), v.nonEmpty(), v.maxLength(2048));
const names = v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(1000));
const flag = v.boolean();

/** The endpoints that may have another address for clients with a certificate (RFC 8705 section 5). */
const aliasesSchema = v.object({
  token_endpoint: v.optional(address),
  userinfo_endpoint: v.optional(address),
  device_authorization_endpoint: v.optional(address),
  revocation_endpoint: v.optional(address),
  introspection_endpoint: v.optional(address),
  pushed_authorization_request_endpoint: v.optional(address),
});

/**
 * The members of authorization server metadata (RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3)
 * that are used here. Others are dropped; one of these with a wrong type makes the document unusable.
 */
const metadataSchema = v.object({
  issuer: address,
  authorization_endpoint: v.optional(address),
  token_endpoint: v.optional(address),
  jwks_uri: v.optional(address),
  userinfo_endpoint: v.optional(address),
  device_authorization_endpoint: v.optional(address),
  revocation_endpoint: v.optional(address),
  introspection_endpoint: v.optional(address),
  end_session_endpoint: v.optional(address),
  registration_endpoint: v.optional(address),
  pushed_authorization_request_endpoint: v.optional(address),
  require_pushed_authorization_requests: v.optional(flag),
  authorization_response_iss_parameter_supported: v.optional(flag),
  client_id_metadata_document_supported: v.optional(flag),
  scopes_supported: v.optional(names),
  response_types_supported: v.optional(names),
  grant_types_supported: v.optional(names),
  code_challenge_methods_supported: v.optional(names),
  token_endpoint_auth_methods_supported: v.optional(names),
  id_token_signing_alg_values_supported: v.optional(names),
  userinfo_signing_alg_values_supported: v.optional(names),
  acr_values_supported: v.optional(names),
  tls_client_certificate_bound_access_tokens: v.optional(flag),
  mtls_endpoint_aliases: v.optional(aliasesSchema),
});

export type Metadata = v.InferOutput<typeof metadataSchema>;

/** The members that are addresses requests are sent to, or the browser is. */
const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'userinfo_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'end_session_endpoint',
  'registration_endpoint',
  'pushed_authorization_request_endpoint',
] as const satisfies readonly (keyof Metadata)[];

/** Grants for which nobody has to be asked: see machineGrants.ts. */
const serviceGrants: readonly string[] = Object.values(serviceGrantTypes);

/** Signature algorithms an ID token may have here: asymmetric ones that WebCrypto can verify (RFC 7518, 8037). */
const trustedAlgorithms = /^(RS|PS|ES)(256|384|512)$|^(EdDSA|Ed25519)$/;

/**
 * Checks a metadata document that claims to be `issuer`'s.
 *
 * @throws Failure `metadata-invalid`, also for an endpoint that {@link serverAddressProblem} objects to;
 * `issuer-mismatch` (compared to the letter, RFC 8414 section 3.3).
 */
export function parseMetadata(document: unknown, issuer: string, at: string, policy: ServerSource): Metadata {
  const invalid = (reason: string): Failure => new Failure('metadata-invalid', { address: at, reason });
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw invalid(l10n.t('it is not a JSON object'));
  }
  const parsed = v.safeParse(metadataSchema, withoutNulls(document));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw invalid(l10n.t('"{0}" is missing or of the wrong type', v.getDotPath(issue) ?? 'document'));
  }
  const metadata = parsed.output;
  // Of one tenant, the metadata names the issuer that stands in the settings as a template.
  if (metadata.issuer !== issuer && !isFromIssuer(issuer, metadata.issuer, policy.allowedTenants)) {
    throw new Failure('issuer-mismatch', {
      address: at,
      found: quoteServerText(metadata.issuer) ?? '“”',
      expected: `“${issuer}”`,
    });
  }
  for (const endpoint of endpoints) {
    const value = metadata[endpoint];
    const problem = value && serverAddressProblem(value, policy, new URL(issuer).hostname);
    if (problem) throw invalid(`its "${endpoint}" ${problem}`);
  }
  for (const [endpoint, value] of Object.entries(metadata.mtls_endpoint_aliases ?? {})) {
    const problem = value && serverAddressProblem(value, policy, new URL(issuer).hostname);
    if (problem) throw invalid(`its "mtls_endpoint_aliases.${endpoint}" ${problem}`);
  }
  const offersAny =
    (metadata.response_types_supported?.includes('code') ?? true) ||
    metadata.device_authorization_endpoint !== undefined ||
    serviceGrants.some(grantType => metadata.grant_types_supported?.includes(grantType));
  if (!offersAny) throw invalid(l10n.t('it offers no grant that is of use here'));
  const algorithms = metadata.id_token_signing_alg_values_supported?.filter(name =>
    trustedAlgorithms.test(name),
  );
  return { ...metadata, ...(algorithms && { id_token_signing_alg_values_supported: algorithms }) };
}

/**
 * What is odd about a server that can be used all the same, as sentences without a full stop. For the log and
 * for whoever looks into why a provider does not work.
 */
export function metadataWarnings(metadata: Metadata): string[] {
  const { code_challenge_methods_supported: challenges, jwks_uri: keys } = metadata;
  return [
    ...(challenges?.includes('S256')
      ? []
      : [l10n.t('the provider does not say that it supports PKCE with S256, which is used all the same')]),
    ...(keys === undefined
      ? [l10n.t('the provider publishes no keys, so that its ID tokens cannot be verified')]
      : []),
  ];
}

/** The hosts, in a list, of the addresses that a server names elsewhere than at its issuer. */
export function otherHosts(issuer: string, metadata: Metadata): string {
  const hosts = Object.entries(metadata).flatMap(([name, value]) =>
    /_(endpoint|uri)$/.test(name) && typeof value === 'string' ? [new URL(value).host] : [],
  );
  return [...new Set(hosts)].filter(host => host !== new URL(issuer).host).join(', ');
}

/** Some servers write null for a member they do not have; JSON has no other way to leave it out. */
function withoutNulls(document: object): object {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
}
