import { l10n } from '../platform/shown.ts';
import { anyOf } from '../platform/language.ts';
import { quoteServerText } from '../protocol/http/serverText.ts';

/** The values of a claim that a claims request names. One of several is enough. */
interface WantedClaim {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** More than any server needs. */
const longest = 8192;

/**
 * The claims request (OpenID Connect Core 1.0 section 5.5) in a challenge: JSON, in base64 or base64url as Microsoft
 * Entra ID sends it, or as it is.
 *
 * @returns the JSON, or why there is none, as the rest of a sentence.
 */
export function readClaimsRequest(text: string): { json: string } | { problem: string } {
  if (text.length > longest) return { problem: 'its claims are too large' };
  const json = /^[\w+/-]+=*$/.test(text) ? decoded(text) : text;
  return json !== undefined && objectIn(json) ? { json } : { problem: 'its claims are malformed' };
}

/** What is missing, as a sentence about the provider of this name. */
export type Lack = (provider: string) => string;

/**
 * Finds what a sign-in lacks of a claims request, as far as that is readable. Undefined if nothing is known to be
 * missing. Only essential claims with values can be missing, and only if the token contradicts them: a token for
 * another audience can contain what is hidden here.
 *
 * @param accessToken the claims of the access token, if it is a JWT. Undefined if it isn't readable.
 * @param idToken the claims of the sign-in.
 */
export function missingClaim(
  request: string,
  accessToken: Readonly<Record<string, unknown>> | undefined,
  idToken: Readonly<Record<string, unknown>>,
): Lack | undefined {
  for (const { name, values } of wantedIn(request, 'access_token')) {
    const found = accessToken?.[name];
    if (found === undefined || holds(name, found, values)) continue;
    return inWords(name, values);
  }
  for (const { name, values } of wantedIn(request, 'id_token')) {
    const found = idToken[name];
    // A provider must satisfy the demand for an essential acr, or fail (OpenID Connect Core 1.0 section 5.5.1.1).
    const mayBeAbsent = found === undefined && name !== 'acr';
    if (!mayBeAbsent && !holds(name, found, values)) return inWords(name, values);
  }
  return undefined;
}

/**
 * The same for requests that ask for the same. When a token must have been issued (`nbf`, Entra's continuous access
 * evaluation) differs each time, and is no other demand.
 */
export function claimsFingerprint(request: string): unknown {
  return JSON.parse(request, (name, value: unknown) => (name === 'nbf' ? null : value)) as unknown;
}

/** Reads the claims of a token that is a JWT. Verifies nothing: the token is meant for another audience. */
export function readableClaims(token: string): Readonly<Record<string, unknown>> | undefined {
  const [, payload, signature, more] = token.split('.');
  if (payload === undefined || signature === undefined || more !== undefined) return undefined;
  const json = decoded(payload);
  return json === undefined ? undefined : objectIn(json);
}

function wantedIn(request: string, member: 'access_token' | 'id_token'): WantedClaim[] {
  const claims = objectIn(request)?.[member];
  if (!isObject(claims)) return [];
  return Object.entries(claims).flatMap(([name, signInRequest]) => {
    if (!isObject(signInRequest) || signInRequest['essential'] !== true) return [];
    const values = Array.isArray(signInRequest['values'])
      ? (signInRequest['values'] as unknown[])
      : [signInRequest['value']];
    const named = values.filter(value => value !== undefined);
    return named.length > 0 ? [{ name, values: named }] : [];
  });
}

/** True if a claim is, or as an array contains, one of the values. For `nbf`, if it is at least one of them. */
function holds(name: string, found: unknown, values: readonly unknown[]): boolean {
  if (name === 'nbf') return values.some(value => Number(found) >= Number(value));
  const all: readonly unknown[] = Array.isArray(found) ? found : [found];
  return values.some(value => all.some(item => item === value));
}

const inWords =
  (name: string, values: readonly unknown[]): Lack =>
  provider =>
    l10n.t(
      '{0} didn’t sign you in as requested: {1} must be {2}.',
      provider,
      quoteServerText(name) ?? '',
      anyOf(values.map(value => quoteServerText(String(value)) ?? '')),
    );

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function objectIn(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function decoded(text: string): string | undefined {
  try {
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', ''));
    return new TextDecoder('utf-8', { fatal: true }).decode(
      Uint8Array.from(bytes, byte => byte.charCodeAt(0)),
    );
  } catch {
    return undefined;
  }
}
