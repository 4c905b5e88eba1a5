import type { AddressPolicy } from '../http/address.ts';

/** Endpoints that the settings of a provider name, under the names they have there. */
export interface NamedEndpoints {
  readonly authorization?: string | undefined;
  readonly token?: string | undefined;
  readonly keys?: string | undefined;
  readonly userInfo?: string | undefined;
  readonly deviceAuthorization?: string | undefined;
  readonly revocation?: string | undefined;
  readonly introspection?: string | undefined;
  readonly endSession?: string | undefined;
}

/** Where what is known of a server comes from, beside its issuer. */
export interface ServerSource extends AddressPolicy {
  /** The URL of its metadata document. If undefined, it is discovered as the standards define. */
  readonly metadataUrl?: string | undefined;
  /** If false, the server has no metadata, and only `endpoints` are used. */
  readonly discovery?: boolean | undefined;
  /** They go before those of the metadata. */
  readonly endpoints?: NamedEndpoints | undefined;
  /** For an issuer with `{tenantid}`: the tenants whose users can sign in. If undefined, every tenant's. */
  readonly allowedTenants?: readonly string[] | undefined;
}

/** The placeholder for the tenant in an issuer, which only the ID token names (Microsoft Entra ID: claim `tid`). */
export const tenantPlaceholder = '{tenantid}';

export const isIssuerTemplate = (issuer: string): boolean => issuer.includes(tenantPlaceholder);
