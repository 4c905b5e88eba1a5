/** A text to find: a string means exactly that text, a pattern what it matches. */
export type Wanted = string | RegExp;

export function isWanted(text: string, wanted: Wanted): boolean {
  return typeof wanted === 'string' ? text === wanted : new RegExp(wanted.source, wanted.flags).test(text);
}

/** A guard against waiting for ever, not a measure of anything: generous, in milliseconds. */
export const timeout = 60_000;

/**
 * Asks `look` again and again until it has an answer.
 *
 * @param what Names what is awaited; a function is asked when time is up, so that it can say what is there.
 * @throws {Error} that names it when `milliseconds` have passed.
 */
export async function waitFor<T>(
  what: string | (() => Promise<string>),
  look: () => Promise<T | undefined | false>,
  milliseconds = timeout,
): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) {
      const description = typeof what === 'string' ? what : await what();
      throw new Error(`Waited ${milliseconds / 1000} s in vain for ${description}`);
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
