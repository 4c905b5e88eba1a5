import { Failure } from '../failures/failure.ts';
import type { ClientKey } from './keys/clientKey.ts';
import type { Metadata } from '../server/metadata.ts';

/** The FAPI 2.0 Security Profile (OpenID Foundation, February 2025). In settings: `"profile": "fapi2"`. */
export type SecurityProfile = 'fapi2';

/** The algorithms that a JSON Web Signature can have (FAPI 2.0 section 5.4.1). Ed25519 has two names (RFC 9864). */
export const profileAlgorithms: readonly string[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

/** What a client relies on. */
export interface ProfileNeeds {
  readonly issuer: string;
  readonly profile: SecurityProfile | undefined;
  readonly clientAuthentication: string;
  readonly dpop: string | undefined;
  readonly certificateBoundTokens: boolean;
  /** Undefined: a user signs in, with the browser. */
  readonly service: object | undefined;
}

/** What a server's metadata lacks of the profile (FAPI 2.0 section 5.3.2), by the names of its members. */
export function unmetBy(metadata: Metadata, needs: ProfileNeeds): string[] {
  const lists = (names: readonly string[] | undefined, wanted: readonly string[]): boolean =>
    names?.some(name => wanted.includes(name)) ?? false;
  const {
    token_endpoint_auth_methods_supported: methods,
    id_token_signing_alg_values_supported: idTokenAlgorithms = profileAlgorithms,
  } = metadata;
  const isBound = needs.certificateBoundTokens
    ? metadata.tls_client_certificate_bound_access_tokens === true
    : lists(metadata.dpop_signing_alg_values_supported, profileAlgorithms);
  const binding = needs.certificateBoundTokens
    ? 'tls_client_certificate_bound_access_tokens'
    : 'dpop_signing_alg_values_supported';
  const always: [member: string, isMet: boolean][] = [
    ['token_endpoint_auth_methods_supported', !methods || methods.includes(needs.clientAuthentication)],
    [binding, isBound],
  ];
  const forBrowser: typeof always = [
    ['pushed_authorization_request_endpoint', metadata.pushed_authorization_request_endpoint !== undefined],
    [
      'authorization_response_iss_parameter_supported',
      metadata.authorization_response_iss_parameter_supported === true,
    ],
    ['code_challenge_methods_supported', lists(metadata.code_challenge_methods_supported, ['S256'])],
    ['id_token_signing_alg_values_supported', lists(idTokenAlgorithms, profileAlgorithms)],
  ];
  return [...always, ...(needs.service ? [] : forBrowser)].flatMap(([member, isMet]) =>
    isMet ? [] : [member],
  );
}

/** @throws Failure `profile-unmet` before anything is sent, if a profile is set. */
export function checkProfile(metadata: Metadata, needs: ProfileNeeds): void {
  const unmet = needs.profile ? unmetBy(metadata, needs) : [];
  if (unmet.length > 0)
    throw new Failure('profile-unmet', { host: new URL(needs.issuer).host, missing: unmet.join(', ') });
}

/** The client's key as the profile lets it sign: one of RSA by PS256. Undefined: it can't be used with the profile. */
export function keyInProfile(key: ClientKey, profile: SecurityProfile | undefined): ClientKey | undefined {
  if (!profile || profileAlgorithms.includes(key.algorithm)) return key;
  return key.algorithm === 'RS256' ? { ...key, algorithm: 'PS256' } : undefined;
}

const known = new WeakMap<Metadata, Metadata>();

/** The metadata with only the algorithms that the profile allows. Other things are remembered by its identity. */
export function inProfile(metadata: Metadata, profile: SecurityProfile | undefined): Metadata {
  if (!profile) return metadata;
  const before = known.get(metadata);
  if (before) return before;
  const allowed = (names: readonly string[] | undefined): readonly string[] =>
    names?.filter(name => profileAlgorithms.includes(name)) ?? profileAlgorithms;
  const strict: Metadata = {
    ...metadata,
    id_token_signing_alg_values_supported: allowed(metadata.id_token_signing_alg_values_supported),
    // Undefined: those of ID tokens.
    userinfo_signing_alg_values_supported:
      metadata.userinfo_signing_alg_values_supported &&
      allowed(metadata.userinfo_signing_alg_values_supported),
    dpop_signing_alg_values_supported: allowed(metadata.dpop_signing_alg_values_supported),
    require_pushed_authorization_requests: true,
    authorization_response_iss_parameter_supported: true,
  };
  known.set(metadata, strict);
  return strict;
}
