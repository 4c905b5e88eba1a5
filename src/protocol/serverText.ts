const longest = 300;

/**
 * Text that a server wrote, made fit to be shown: control and bidirectional formatting characters removed,
 * white space collapsed, length limited.
 *
 * @returns undefined if nothing readable is left.
 */
export function readableText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const readable = text
    .slice(0, longest * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = Array.from(readable);
  if (characters.length === 0) return undefined;
  return characters.length > longest ? `${characters.slice(0, longest).join('')}…` : readable;
}

/** {@link readableText} in quotation marks, so that nobody takes it for our own words. */
export function quoteServerText(text: unknown): string | undefined {
  const readable = readableText(text);
  return readable === undefined ? undefined : `“${readable}”`;
}

/**
 * An OAuth `error` code as RFC 6749 section 5.2 allows it: printable ASCII without quotation mark and
 * backslash. Anything else is not an error code and is not repeated.
 */
export function errorCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x20-\x21\x23-\x5B\x5D-\x7E]{1,100}$/.test(value)
    ? value
    : undefined;
}
