import { exportJWK, generateKeyPair } from 'jose';
import { randomUUID } from 'node:crypto';
import type { JWKS } from 'oidc-provider';

/** New private keys, one per algorithm: ID tokens are signed RS256 by default, JWT access tokens ES256. */
export async function createSigningKeys(): Promise<JWKS> {
  const keys = await Promise.all(
    ['RS256', 'ES256'].map(async alg => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: randomUUID() };
    }),
  );
  return { keys };
}

let shared: Promise<JWKS> | undefined;

/** The keys of this process: making an RSA key takes longer than starting a server does. */
export function sharedSigningKeys(): Promise<JWKS> {
  shared ??= createSigningKeys();
  return shared;
}
