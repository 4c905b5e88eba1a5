import { short, shown, type Shown } from '../../platform/shown.ts';

/** The longest text that a message holds, in characters. */
const longest = 300;

/**
 * What a server said, in quotation marks that it cannot end, so that nobody takes it for our own words.
 *
 * @returns undefined if nothing readable is in it.
 */
export function quoteServerText(text: unknown): Shown | undefined {
  const readable = typeof text === 'string' ? short(text, longest) : '';
  return readable === '' ? undefined : shown`“${readable.replace(/[“”„‟«»]/g, "'")}”`;
}

/** What a server said, for the log, where a message has no room for all of it. */
export const longWords = (text: unknown): string | undefined =>
  typeof text === 'string' && text.length > longest ? text : undefined;

/**
 * An OAuth `error` code that can be repeated outside of quotation marks: a name or a URI. RFC 6749 section 5.2
 * allows nearly all of ASCII, of which no server makes use; anything else is not an error code here.
 */
export function errorCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:/+-]{1,100}$/.test(value) ? value : undefined;
}
