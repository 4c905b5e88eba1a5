import { untilAborted } from '../../platform/abort.ts';
import type { Clock } from '../../platform/clock.ts';

/**
 * Asks the person something that a sign-in cannot go on without. The signal takes the question back.
 *
 * @returns undefined if they do not say, also in the end of their time.
 * @throws the reason of the signal that ends the sign-in.
 */
export type AskPerson = <T>(ask: (signal: AbortSignal) => Promise<T | undefined>) => Promise<T | undefined>;

/**
 * Lets no question outlast its sign-in, or the time that the person has: the editor asks for nothing else of the
 * provider meanwhile.
 *
 * @param seconds how long the person may take.
 */
export function askPersonWithin(clock: Clock, seconds: number, signal: AbortSignal): AskPerson {
  return async ask => {
    signal.throwIfAborted();
    const late = new AbortController();
    const passed = Promise.withResolvers<undefined>();
    const cancel = clock.after(seconds * 1000, () => {
      passed.resolve(undefined);
      late.abort(new Error('The person took too long.'));
    });
    try {
      const asked = ask(AbortSignal.any([signal, late.signal]));
      const answer = await untilAborted(Promise.race([passed.promise, asked]), signal);
      signal.throwIfAborted();
      return answer;
    } finally {
      cancel();
    }
  };
}

/** For what no sign-in is waiting for. */
export const askPersonForever: AskPerson = ask => ask(new AbortController().signal);
