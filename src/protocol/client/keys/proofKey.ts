import * as jose from 'jose';
import { Secret } from '../../../platform/secret.ts';
import type { Metadata } from '../../server/metadata.ts';
import { generateClientKey } from './clientKey.ts';
import { clientKeyAlgorithms, type ClientKeyAlgorithm } from './clientKeyAlgorithms.ts';
import type { ProofBinding } from './proofBindings.ts';

/** The key that the tokens of one sign-in are bound to (RFC 9449). It is kept with them, and never leaves. */
export interface ProofKey {
  readonly binds: ProofBinding;
  /** The private key as JSON Web Key, with its `alg`. */
  readonly secret: Secret;
}

/** Makes a key that has never been anywhere else: for ES256, unless the server takes only others. */
export async function generateProofKey(binds: ProofBinding, metadata: Metadata): Promise<ProofKey> {
  const alg = algorithmFor(metadata);
  const { privateJwk } = await generateClientKey(alg);
  const jwk = { ...(JSON.parse(privateJwk.reveal()) as jose.JWK), alg };
  return { binds, secret: new Secret(JSON.stringify(jwk)) };
}

function algorithmFor({ dpop_signing_alg_values_supported: taken }: Metadata): ClientKeyAlgorithm {
  if (!taken || taken.includes('ES256')) return 'ES256';
  const known = taken.flatMap(name => clientKeyAlgorithms.find(algorithm => algorithm === name) ?? []);
  return known[0] ?? 'ES256';
}

/**
 * Imports the key for signing. Its private half can't be extracted from the result.
 *
 * @returns undefined if it is damaged.
 */
export async function importProofKey(key: ProofKey): Promise<CryptoKeyPair | undefined> {
  try {
    const jwk = JSON.parse(key.secret.reveal()) as jose.JWK & { kty: string; alg: string };
    const { kty, crv, x, y, n, e, alg } = jwk;
    const publicParts = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined);
    const publicJwk = { ...Object.fromEntries(publicParts), kty, ext: true };
    const privateKey = await jose.importJWK({ ...jwk, ext: false }, alg);
    const publicKey = await jose.importJWK(publicJwk, alg);
    if (privateKey instanceof Uint8Array || publicKey instanceof Uint8Array) return undefined;
    return privateKey.type === 'private' ? { privateKey, publicKey } : undefined;
  } catch {
    return undefined;
  }
}
