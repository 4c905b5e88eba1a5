import { base64urlOf } from '../../platform/base64url.ts';
import type { NoteBlemish } from '../http/blemishes.ts';
import { readForms, type Forms } from '../http/forms.ts';
import { parseServerObject, payloadOf } from '../http/json.ts';

/**
 * The claims about the user and the sign-in that are used here (OpenID Connect Core 1.0 sections 2 and 5.1). Without
 * one, less is known: nothing that isn't allowed becomes allowed.
 */
export const userClaimForms = {
  acr: 'text',
  amr: 'list',
  auth_time: 'number',
  preferred_username: 'text',
  email_verified: 'flag',
  phone_number_verified: 'flag',
} as const satisfies Forms;

type Claims = Readonly<Record<string, unknown>>;

/**
 * Reads the claims of an ID token for what they mean. What safety depends on stays as it is: `iss`, `aud`, `nonce`,
 * `at_hash`, `exp`, `iat`, and `nbf`. The conformance suite has these in other types, to be refused. The digits of a
 * whole number are the same user (`sub`) or client (`azp`) as text.
 */
export function readIdTokenClaims(claims: Claims, note: NoteBlemish): Claims {
  const { auth_time: authTime, ...read } = readForms(claims, userClaimForms, note);
  const isTime = typeof authTime === 'number' && authTime >= 0;
  if (authTime !== undefined && !isTime) note('form.unreadable', 'auth_time');
  return {
    ...read,
    ...(isTime && { auth_time: authTime }),
    ...withDigits(claims, 'sub', note),
    ...withDigits(claims, 'azp', note),
  };
}

/** Claims for whose type the library refuses a token, though they are read here. */
const judgedByLibrary = ['sub', 'auth_time'] as const;

/**
 * Writes claims as OpenID Connect has them that the library would refuse in another type.
 *
 * @returns the token itself if nothing changes. Otherwise, it has no valid signature: verify that of the original.
 */
export function withStandardTypes(idToken: string, note: NoteBlemish): string {
  const claims = parseServerObject(payloadOf(idToken)) ?? {};
  const read = readIdTokenClaims(claims, note);
  const changed = judgedByLibrary.filter(name => read[name] !== claims[name]);
  if (changed.length === 0) return idToken;
  const [header = '', , signature = ''] = idToken.split('.');
  const standard = { ...claims, ...Object.fromEntries(changed.map(name => [name, read[name]])) };
  const payload = new TextEncoder().encode(JSON.stringify(standard));
  return [header, base64urlOf(payload), signature].join('.');
}

function withDigits(claims: Claims, name: string, note: NoteBlemish): Claims | undefined {
  const value = claims[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return undefined;
  note('idToken.identifiers', name);
  return { [name]: String(value) };
}
