import type { Secret } from '../../platform/secret.ts';
import type { ClientCertificate } from '../http/clientCertificate.ts';
import type { ClientKey } from './keys/clientKey.ts';

/** Another method's certificate, which tokens are bound to (RFC 8705 section 3). */
interface Certified {
  readonly certificate?: ClientCertificate | undefined;
}

/** The client has no secret, or shares one with the server (RFC 6749 section 2.3). */
export type SharedSecretAuthentication =
  | { readonly method: 'none' }
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: Secret };

/** How a client proves who it is that has registered itself. */
export type RegisteredAuthentication =
  SharedSecretAuthentication | { readonly method: 'private_key_jwt'; readonly key: ClientKey };

/** To whom the client's assertion is addressed: most servers take the issuer, some only their token endpoint. */
export const assertionAudiences = ['issuer', 'token-endpoint'] as const;
export type AssertionAudience = (typeof assertionAudiences)[number];

/** Methods by which the client shows a certificate when it connects (RFC 8705 section 2). */
export const certificateMethods = ['tls_client_auth', 'self_signed_tls_client_auth'] as const;
type CertificateMethod = (typeof certificateMethods)[number];

export const isCertificateMethod = (method: string): method is CertificateMethod =>
  certificateMethods.some(known => known === method);

/** True for a client that shows a certificate: to authenticate, or to have tokens bound to it. */
export const showsCertificate = (client: {
  readonly clientAuthentication: string;
  readonly certificateBoundTokens: boolean;
}): boolean => client.certificateBoundTokens || isCertificateMethod(client.clientAuthentication);

/**
 * How the client authenticates: RFC 6749 section 2.3, `private_key_jwt` (OpenID Connect Core 1.0 section 9), or with a
 * certificate (RFC 8705 section 2).
 */
export type ClientAuthentication =
  | (SharedSecretAuthentication & Certified)
  | ({
      readonly method: 'private_key_jwt';
      readonly key: CryptoKey;
      /** Names the key to the server, if it knows it by a name. */
      readonly keyId: string | undefined;
      readonly audience: AssertionAudience;
    } & Certified)
  | { readonly method: CertificateMethod; readonly certificate: ClientCertificate };

/** Methods that can be set for a provider, by their registered names. */
export const clientAuthenticationMethods = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  ...certificateMethods,
] as const satisfies readonly ClientAuthentication['method'][];
