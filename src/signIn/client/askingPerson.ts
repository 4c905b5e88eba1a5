import type { Clock } from '../../platform/clock.ts';
import { untilDeadline } from '../../platform/deadline.ts';

/**
 * Asks the user something that a sign-in needs to continue. The signal cancels the question.
 *
 * @returns undefined if they don't respond in time.
 * @throws the reason of the signal that ends the sign-in.
 */
export type AskPerson = <T>(ask: (signal: AbortSignal) => Promise<T | undefined>) => Promise<T | undefined>;

/**
 * Lets no question outlast its sign-in or the user's time: the editor requests nothing else from the provider
 * meanwhile.
 *
 * @param seconds how long the user can take.
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
