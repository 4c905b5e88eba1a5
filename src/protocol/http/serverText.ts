import { short, shown, type Shown } from '../../platform/shown.ts';

/** The longest text that a message holds, in characters. */
const longest = 300;

/** As escapes: one such character in a regular expression or a template doubles what a bundle takes (docs/speed.md). */
const quotationMarks = /[\u201c\u201d\u201e\u201f«»]/g;

/**
 * Quotes a server's text, which can't close the quotation marks: it can't be mistaken for our own words. The full stop
 * of a sentence is left out: our own sentence around it has one.
 *
 * @returns undefined if it contains nothing readable.
 */
export function quoteServerText(text: unknown): Shown | undefined {
  const readable = typeof text === 'string' ? short(text, longest) : '';
  const sentence = /\s/.test(readable) && !readable.endsWith('..') ? readable.replace(/\.$/, '') : readable;
  return sentence === '' ? undefined : shown`\u201c${sentence.replace(quotationMarks, "'")}\u201d`;
}

/** What a server said, for the log, where a message has no room for all of it. */
export const longWords = (text: unknown): string | undefined =>
  typeof text === 'string' && text.length > longest ? text : undefined;

/**
 * Returns an OAuth `error` code that is safe outside of quotation marks: a name or a URI. RFC 6749 section 5.2 allows
 * nearly all of ASCII, which no server uses. Anything else isn't an error code here.
 */
export function errorCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w.:/+-]{1,100}$/.test(value) ? value : undefined;
}

const texts = new WeakMap<Response, string>();

/**
 * Gives a response without a body this text as its body, which can be read again and again. A real body takes longer to
 * create and to read.
 */
export function withText(response: Response, text: string): Response {
  texts.set(response, text);
  return Object.assign(response, {
    text: () => Promise.resolve(text),
    json: () => Promise.resolve(text).then(json => JSON.parse(json) as unknown),
    clone: () => withText(new Response(null, response), text),
  });
}

/** The body of a response as text, for repeated reads. Reading a copy of the body each time takes long. */
export const textOf = async (response: Response): Promise<string> =>
  texts.get(response) ?? (await response.clone().text());
