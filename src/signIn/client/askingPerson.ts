import type { Clock } from '../../platform/clock.ts';
import { untilDeadline } from '../../platform/deadline.ts';

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
    const tooLate = new Error('The person took too long.');
    try {
      return await untilDeadline({ clock, seconds, signal, late: () => tooLate }, ask);
    } catch (error) {
      if (error === tooLate) return undefined;
      throw error;
    }
  };
}

/** For what no sign-in is waiting for. */
export const askPersonForever: AskPerson = ask => ask(new AbortController().signal);
