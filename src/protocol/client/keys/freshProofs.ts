import * as oauth from 'oauth4webapi';
import type { HttpClient } from '../../http/http.ts';
import type { Proofs } from './proofs.ts';

/**
 * Replaces a proof that was sent before with a new one. What repeats a request below {@link withProof} changes only how
 * the client authenticates, and servers take no proof twice (RFC 9449 section 11.1).
 */
export function withFreshProofs(http: HttpClient, proofs: Proofs): HttpClient {
  const sent = new Set<string>();
  return async (url, init) => {
    const proof = init.headers?.['dpop'];
    if (proof === undefined) return http(url, init);
    const fresh = sent.has(proof) ? await proofFor(proofs, url) : proof;
    sent.add(fresh);
    return http(url, { ...init, headers: { ...init.headers, dpop: fresh } });
  };
}

/** Makes a proof for a request that authenticates the client, which is a POST without an access token. */
async function proofFor({ handle }: Proofs, url: string): Promise<string> {
  let proof = '';
  const there = { issuer: url, pushed_authorization_request_endpoint: url };
  // The library makes a proof only for a request of its own, which isn't sent.
  await oauth.pushedAuthorizationRequest(there, { client_id: 'none' }, oauth.None(), new URLSearchParams(), {
    DPoP: handle,
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (_url, { headers }) => {
      proof = headers['dpop'] ?? '';
      return Promise.resolve(new Response(null));
    },
  });
  return proof;
}
