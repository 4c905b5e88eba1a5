import * as oauth from 'oauth4webapi';
import type { Secret } from '../../../platform/secret.ts';
import type { Proofs } from './proofs.ts';

/** A request to an API. */
export interface ProvedRequest {
  readonly method: string;
  readonly url: URL;
  readonly nonce: string | undefined;
  /** In seconds since the epoch. */
  readonly issuedAt: number;
}

/** Signs a proof for one request with one access token, whose hash is in it as `ath` (RFC 9449 section 4.2). */
export async function signProof(
  { keyPair }: Pick<Proofs, 'keyPair'>,
  { method, url, nonce, issuedAt }: ProvedRequest,
  accessToken: Secret,
): Promise<string> {
  const handle = oauth.DPoP({}, keyPair, {
    [oauth.modifyAssertion]: (_header, payload) => {
      Object.assign(payload, { htm: method, iat: issuedAt, nonce });
    },
  });
  let proof = '';
  // The library makes a proof only for a request of its own, which isn't sent.
  await oauth.protectedResourceRequest(accessToken.reveal(), method, url, undefined, undefined, {
    DPoP: handle,
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (_url, { headers }) => {
      proof = headers['dpop'] ?? '';
      return Promise.resolve(new Response(null));
    },
  });
  return proof;
}
