import assert from 'node:assert/strict';

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
 * @throws {Error} that names it when `milliseconds` have passed, also if `look` doesn't come back.
 */
export async function waitFor<T>(
  what: string | (() => Promise<string>),
  look: () => Promise<T | undefined | false>,
  milliseconds = timeout,
): Promise<T> {
  const end = Date.now() + milliseconds;
  const describe = async (): Promise<string> =>
    typeof what === 'string' ? what : withinTime(what(), timeout, () => 'what can’t be described');
  for (;;) {
    // What it does can take its time, too.
    const found = await withinTime(look(), Math.max(0, end - Date.now()) + timeout, async () => {
      throw new Error(`Nothing comes back from looking for ${await describe()}`);
    });
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Waited ${milliseconds / 1000} s in vain for ${await describe()}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/**
 * Asserts again and again until it holds. What an action causes is there a moment after it, and how long that takes
 * depends on the computer: an assertion about what is shown now belongs in here.
 *
 * @throws what the assertion threw last, which says what is there instead, when `milliseconds` have passed.
 */
export async function eventually(
  assertion: () => Promise<unknown> | void,
  milliseconds = timeout,
): Promise<void> {
  const end = Date.now() + milliseconds;
  const holds = async (): Promise<true | undefined> => {
    try {
      await assertion();
      return true;
    } catch (error) {
      if (error instanceof assert.AssertionError && Date.now() <= end) return undefined;
      throw error;
    }
  };
  await waitFor('an assertion to hold', holds, milliseconds);
}

/** Of what can take for ever, such as a question to a page: `late` takes its place if it does. */
async function withinTime<T>(
  asked: Promise<T>,
  milliseconds: number,
  late: () => T | Promise<T>,
): Promise<T> {
  const over = Symbol();
  let timer: NodeJS.Timeout | undefined;
  const timeIsOver = new Promise<typeof over>(resolve => {
    timer = setTimeout(resolve, milliseconds, over);
  });
  try {
    const first = await Promise.race([asked, timeIsOver]);
    return first === over ? await late() : first;
  } finally {
    clearTimeout(timer);
  }
}
