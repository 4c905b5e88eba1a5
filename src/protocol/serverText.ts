const longest = 300;

/**
 * Text that a server wrote, made safe to show: control and bidirectional formatting characters removed, white
 * space collapsed, length limited, in quotation marks so that nobody takes it for our own words.
 *
 * @returns undefined if nothing readable is left.
 */
export function quoteServerText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const readable = text
    .slice(0, longest * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  if (readable === '') return undefined;
  const characters = Array.from(readable);
  return `“${characters.length > longest ? `${characters.slice(0, longest).join('')}…` : readable}”`;
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
