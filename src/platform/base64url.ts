/** Decodes base64url as UTF-8 (RFC 7515 section 2). Returns an empty string for invalid input. */
export function textFromBase64url(encoded: string): string {
  if (!/^[\w-]*$/.test(encoded) || encoded.length % 4 === 1) return '';
  const bytes = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  if (/^[\0-\x7f]*$/.test(bytes)) return bytes;
  return new TextDecoder().decode(Uint8Array.from(bytes, character => character.charCodeAt(0)));
}

export const base64urlOf = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** Random text of `bytes` × 8 bits. */
export const randomText = (bytes: number): string =>
  base64urlOf(crypto.getRandomValues(new Uint8Array(bytes)));
