import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';

/** A key pair of the hostile server, with what it publishes of it. */
export interface ServerKey {
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  /** The public key with `kid`, `alg` and `use`. */
  readonly jwk: JWK;
  /** The same with its private parts. */
  readonly privateJwk: JWK;
}

export async function createKey(algorithm: string, kid: string): Promise<ServerKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const names = { kid, alg: algorithm, use: 'sig' };
  return {
    algorithm,
    privateKey,
    jwk: { ...(await exportJWK(publicKey)), ...names },
    privateJwk: { ...(await exportJWK(privateKey)), ...names },
  };
}

/** `rsa` and `ec` are published by default; `newer` is what the server changes to; nobody knows `stranger`. */
export type KeyName = 'rsa' | 'ec' | 'newer' | 'stranger' | 'strangerEc';

let shared: Promise<Record<KeyName, ServerKey>> | undefined;

/** The keys of this process: making one takes longer than a whole test. */
export function sharedKeys(): Promise<Record<KeyName, ServerKey>> {
  shared ??= (async () => ({
    rsa: await createKey('RS256', 'rsa-1'),
    ec: await createKey('ES256', 'ec-1'),
    newer: await createKey('RS256', 'rsa-2'),
    stranger: await createKey('RS256', 'rsa-1'),
    strangerEc: await createKey('ES256', 'ec-1'),
  }))();
  return shared;
}
