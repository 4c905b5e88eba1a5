import type { HttpClient } from '../../http/http.ts';
import type { Proofs } from './proofs.ts';
import { signClientProof } from './signProof.ts';

/**
 * Replaces a proof that was sent before with a new one. What repeats a request below {@link withProof} changes only how
 * the client authenticates, and servers take no proof twice (RFC 9449 section 11.1).
 */
export function withFreshProofs(http: HttpClient, proofs: Proofs): HttpClient {
  const sent = new Set<string>();
  return async (url, init) => {
    const proof = init.headers?.['dpop'];
    if (proof === undefined) return http(url, init);
    const fresh = sent.has(proof) ? await signClientProof(proofs, url) : proof;
    sent.add(fresh);
    return http(url, { ...init, headers: { ...init.headers, dpop: fresh } });
  };
}
