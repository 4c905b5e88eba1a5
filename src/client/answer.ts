/**
 * Asks without the person, who wants no error either. "Nothing", as after a sign-out, is an answer.
 *
 * @returns undefined where the provider is not there or fails, which says nothing about what there is.
 */
export async function answerTo<T>(ask: () => PromiseLike<T>): Promise<{ readonly answer: T } | undefined> {
  try {
    return { answer: await ask() };
  } catch {
    return undefined;
  }
}
