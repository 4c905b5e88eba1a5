import { SignJWT, type JWTHeaderParameters } from 'jose';
import { createHash } from 'node:crypto';
import type { Json, SigningDeparture, Situation } from './departure.ts';
import type { ServerKey } from './keys.ts';

/** OpenID Connect Core 1.0 section 3.1.3.6, for the algorithms with SHA-256. */
export const accessTokenHash = (accessToken: string): string =>
  createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url');

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const isServerKey = (key: object): key is ServerKey => 'jwk' in key;

/** Signs claims as `departure` says, or correctly. */
export async function sign(
  right: Json,
  departure: SigningDeparture | undefined,
  situation: Situation,
): Promise<string> {
  const wanted = typeof departure?.key === 'function' ? departure.key(situation) : departure?.key;
  const named = typeof wanted === 'string' && wanted !== 'none' ? situation.keys[wanted] : wanted;
  const key = named ?? situation.keys.rsa;
  const rightHeader: JWTHeaderParameters =
    typeof key === 'object' && isServerKey(key)
      ? { alg: key.algorithm, ...(key.jwk.kid !== undefined && { kid: key.jwk.kid }) }
      : { alg: key === 'none' ? 'none' : 'HS256' };
  const header = departure?.header?.(rightHeader) ?? rightHeader;
  const claims = departure?.claims?.(right, situation) ?? right;
  const jwt =
    key === 'none'
      ? `${encoded(header)}.${encoded(claims)}.`
      : await new SignJWT(claims)
          .setProtectedHeader(header)
          .sign(typeof key === 'object' && isServerKey(key) ? key.privateKey : key);
  return departure?.token?.(jwt) ?? jwt;
}
