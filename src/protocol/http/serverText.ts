const longest = 300;

/**
 * Text that a server wrote, made fit to be shown: control and bidirectional formatting characters removed,
 * white space collapsed, length limited. The editor makes a link, even one that runs a command, of
 * `[text](address)` in a message: what a server wrote can be none.
 *
 * @returns undefined if nothing readable is left.
 */
export function readableText(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const readable = text
    .slice(0, longest * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\](\s*\()/g, '] $1')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = Array.from(readable);
  if (characters.length === 0) return undefined;
  return characters.length > longest ? `${characters.slice(0, longest).join('')}…` : readable;
}

/** {@link readableText} in quotation marks that it cannot end, so that nobody takes it for our own words. */
export function quoteServerText(text: unknown): string | undefined {
  const readable = readableText(text);
  return readable === undefined ? undefined : `“${readable.replace(/[“”„‟«»]/g, "'")}”`;
}

/**
 * An OAuth `error` code that can be repeated outside of quotation marks: a name or a URI. RFC 6749 section 5.2
 * allows nearly all of ASCII, of which no server makes use; anything else is not an error code here.
 */
export function errorCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:/+-]{1,100}$/.test(value) ? value : undefined;
}
