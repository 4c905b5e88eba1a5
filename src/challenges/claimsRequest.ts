import { isObject } from '../protocol/http/json.ts';

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

/** The object that a text is as JSON, if it is one. */
export function objectIn(json: string): Readonly<Record<string, unknown>> | undefined {
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
