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
  return proofOf(stays =>
    oauth.protectedResourceRequest(accessToken.reveal(), method, url, undefined, undefined, {
      DPoP: handle,
      ...stays,
    }),
  );
}

/** Signs a proof for a request that authenticates the client, which is a POST without an access token. */
export function signClientProof({ handle }: Pick<Proofs, 'handle'>, url: string): Promise<string> {
  const there = { issuer: url, pushed_authorization_request_endpoint: url };
  const client = { client_id: 'none' };
  return proofOf(stays =>
    oauth.pushedAuthorizationRequest(there, client, oauth.None(), new URLSearchParams(), {
      DPoP: handle,
      ...stays,
    }),
  );
}

interface StaysHere {
  readonly [oauth.allowInsecureRequests]: true;
  readonly [oauth.customFetch]: (
    url: string,
    request: { readonly headers: Readonly<Record<string, string>> },
  ) => Promise<Response>;
}

/** The library makes a proof only for a request of its own, which isn't sent. */
async function proofOf(request: (stays: StaysHere) => Promise<unknown>): Promise<string> {
  let proof = '';
  await request({
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (_url, { headers }) => {
      proof = headers['dpop'] ?? '';
      return Promise.resolve(new Response(null));
    },
  });
  return proof;
}
