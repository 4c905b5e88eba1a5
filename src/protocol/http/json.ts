import { l10n } from '../../platform/shown.ts';
import { textFromBase64url } from '../../platform/base64url.ts';

/** The nesting limit of arrays and objects in a response. Real ones stay below ten. */
export const deepestNesting = 32;

export type ServerJson =
  | { readonly kind: 'json'; readonly value: unknown }
  /** Not JSON. */
  | { readonly kind: 'text' }
  /** JSON that no honest server sends. `reason` continues a sentence that starts with "it ". */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Parses JSON that a server wrote. What comes out can be copied, serialised and walked through by recursion
 * without harm: it is nested at most {@link deepestNesting} deep, and has no member `__proto__`, which would
 * become a prototype where it is copied by assignment. Never throws.
 */
export function parseServerJson(text: string): ServerJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'text' };
  }
  // Level by level instead of by recursion, which deep nesting would exhaust.
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const node of level) {
      if (typeof node !== 'object' || node === null) continue;
      if (depth >= deepestNesting) {
        return { kind: 'refused', reason: l10n.t('is nested more than {0} levels deep', deepestNesting) };
      }
      if (Object.hasOwn(node, '__proto__')) {
        return { kind: 'refused', reason: l10n.t('has a property named "__proto__"') };
      }
      for (const member of Object.values(node)) next.push(member);
    }
    level = next;
  }
  return { kind: 'json', value };
}

/** Parses a server's JSON object. Returns undefined for anything else. */
export function parseServerObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const parsed = parseServerJson(text);
  return parsed.kind === 'json' && isObject(parsed.value) ? parsed.value : undefined;
}

/** True for what a portal, a firewall or an error page sends in place of JSON. */
export const looksLikePage = (text: string): boolean => /^\s*</.test(text);

/** True for text that is written as a signed JSON Web Token is (RFC 7515 section 3.1). */
export const isJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);

/** Returns the payload of a JSON Web Token without verifying its signature. */
export const payloadOf = (token: string): string => textFromBase64url(token.split('.')[1] ?? '');

/** True for what JSON calls an object. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
