import { l10n } from '../../../platform/shown.ts';
import * as jose from 'jose';
import { Secret } from '../../../platform/secret.ts';
import { clientKeyAlgorithms, type ClientKeyAlgorithm } from './clientKeyAlgorithms.ts';
import { isObject } from '../../http/json.ts';

export { clientKeyAlgorithms, type ClientKeyAlgorithm };

/** A client's private key as it is kept. */
export interface ClientKey {
  readonly algorithm: ClientKeyAlgorithm;
  /** Names the key: its thumbprint (RFC 7638), or what a pasted JWK called it. */
  readonly keyId: string;
  /** The private key as JSON Web Key. */
  readonly privateJwk: Secret;
}

/** What is wrong with a pasted key, as a sentence. */
export class KeyProblem extends Error {}

/** Makes a key that has never been anywhere else. */
export async function generateClientKey(algorithm: ClientKeyAlgorithm = 'ES256'): Promise<ClientKey> {
  const { privateKey } = await jose.generateKeyPair(algorithm, { extractable: true });
  return keyOf(await jose.exportJWK(privateKey), algorithm);
}

/**
 * Reads a private key that a user pasted: PEM (PKCS #8) or JSON Web Key, alone or as the only key of a set.
 *
 * @throws KeyProblem
 */
export async function readClientKey(text: string): Promise<ClientKey> {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return fromJwk(trimmed);
  if (/-----BEGIN PRIVATE KEY-----/.test(trimmed)) return fromPem(trimmed);
  if (/-----BEGIN (RSA|EC) PRIVATE KEY-----/.test(trimmed)) {
    throw new KeyProblem(
      l10n.t('This PEM uses an older format. Convert it with “openssl pkcs8 -topk8 -nocrypt”.'),
    );
  }
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----/.test(trimmed)) {
    throw new KeyProblem(l10n.t('This key is encrypted. Decrypt it with “openssl pkcs8”.'));
  }
  if (/-----BEGIN (PUBLIC KEY|CERTIFICATE)-----/.test(trimmed)) {
    throw new KeyProblem(l10n.t('This is a public key or a certificate. Enter the private key.'));
  }
  throw new KeyProblem(l10n.t('This is neither a PEM with “BEGIN PRIVATE KEY” nor a JSON Web Key.'));
}

async function fromPem(pem: string): Promise<ClientKey> {
  for (const algorithm of clientKeyAlgorithms) {
    const key = await jose.importPKCS8(pem, algorithm, { extractable: true }).catch(() => undefined);
    if (key) return keyOf(await jose.exportJWK(key), algorithm);
  }
  throw new KeyProblem(
    l10n.t('This key is damaged or its type isn’t supported (supported: RSA, P-256, P-384, Ed25519).'),
  );
}

async function fromJwk(text: string): Promise<ClientKey> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new KeyProblem(l10n.t('This isn’t a complete JSON Web Key.'));
  }
  const keys = isObject(value) && Array.isArray(value['keys']) ? value['keys'] : [value];
  const [jwk, ...more] = keys as unknown[];
  if (!isObject(jwk) || more.length > 0) throw new KeyProblem(l10n.t('Enter exactly one key.'));
  if (typeof jwk['d'] !== 'string')
    throw new KeyProblem(l10n.t('This is a public key. Enter the private key.'));
  const named = clientKeyAlgorithms.find(algorithm => algorithm === jwk['alg']);
  const algorithm = named ?? algorithmFor(jwk);
  if (!algorithm) {
    throw new KeyProblem(l10n.t('This type of key isn’t supported (supported: RSA, P-256, P-384, Ed25519).'));
  }
  try {
    await jose.importJWK(jwk, algorithm);
  } catch {
    throw new KeyProblem(l10n.t('This JSON Web Key is damaged.'));
  }
  return keyOf(jwk, algorithm);
}

function algorithmFor({ kty, crv }: Readonly<Record<string, unknown>>): ClientKeyAlgorithm | undefined {
  if (kty === 'RSA') return 'RS256';
  if (kty === 'EC') return crv === 'P-256' ? 'ES256' : crv === 'P-384' ? 'ES384' : undefined;
  return kty === 'OKP' && crv === 'Ed25519' ? 'Ed25519' : undefined;
}

async function keyOf(jwk: jose.JWK, algorithm: ClientKeyAlgorithm): Promise<ClientKey> {
  const keyId = jwk.kid ?? (await jose.calculateJwkThumbprint(jwk));
  return { algorithm, keyId, privateJwk: new Secret(JSON.stringify(jwk)) };
}

/** Imports the key for signing. It can't be extracted from the result. */
export async function importClientKey({ privateJwk, algorithm }: ClientKey): Promise<CryptoKey> {
  const jwk = JSON.parse(privateJwk.reveal()) as jose.JWK;
  const key = await jose.importJWK({ ...jwk, ext: false }, algorithm);
  if (key instanceof Uint8Array) throw new KeyProblem(l10n.t('A client key must be asymmetric.'));
  return key;
}

export function publicKeySet({ privateJwk, algorithm, keyId }: ClientKey): {
  readonly keys: readonly jose.JWK[];
} {
  const { kty, crv, x, y, n, e } = JSON.parse(privateJwk.reveal()) as jose.JWK;
  const parts = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined);
  return { keys: [{ ...Object.fromEntries(parts), kid: keyId, alg: algorithm, use: 'sig' }] };
}
