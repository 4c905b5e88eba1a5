import { base64urlOf } from '../../platform/base64url.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Secret } from '../../platform/secret.ts';
import type { Fetch } from './http.ts';

/** A certificate by which the client proves who it is (RFC 8705 section 2), with the key that belongs to it. */
export interface ClientCertificate {
  /** PEM. The client's own certificate comes first, then those that lead from it to one that the server knows. */
  readonly certificates: string;
  /** PEM (PKCS #8), not encrypted. */
  readonly privateKey: Secret;
}

/** The digest of the client's own certificate, as tokens that are bound to it contain it: `x5t#S256` (RFC 8705 section 3.1). */
export async function thumbprintOf({ certificates }: ClientCertificate): Promise<string> {
  const [, body = ''] = certificates.split(/-----(?:BEGIN|END) CERTIFICATE-----/);
  const der = Uint8Array.from(atob(body.replace(/\s+/g, '')), character => character.charCodeAt(0));
  return base64urlOf(new Uint8Array(await crypto.subtle.digest('SHA-256', der)));
}

/** What is wrong with an entered certificate or its key, as a sentence. */
export class CertificateProblem extends Error {}

/** What it takes to show a certificate to a server. Only an editor that runs in Node can do that. */
export interface MutualTls {
  /**
   * Parses the user's input: PEM with the certificate, its chain, and the private key, in any order.
   *
   * @throws CertificateProblem
   */
  read(text: string): ClientCertificate;
  /** The public key with the certificates, as a self-signed one is registered (RFC 8705 section 2.2.2). */
  publicKeys(certificate: ClientCertificate): { readonly keys: readonly object[] };
  /**
   * A `fetch` that sends the certificate to a server that requests one.
   *
   * @throws Failure `certificate-unusable` before anything is sent, otherwise as `fetch`.
   */
  fetch(certificate: ClientCertificate, clock: Clock): Fetch;
}

export type LoadMutualTls = () => Promise<MutualTls>;
