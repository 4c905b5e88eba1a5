import { untilAborted } from './abort.ts';
import type { Clock } from './clock.ts';

export interface Deadline {
  readonly clock: Clock;
  readonly seconds: number;
  /** The reason of the signal when the time is over. */
  late(): Error;
  /** Ends it earlier, with its own reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `run` with a signal that is aborted at the deadline, and waits until `run` has ended. The caller's signal ends it
 * by a listener until then, and ends nothing that `run` leaves running: `AbortSignal.any` takes many times as long, above
 * all within another (docs/speed.md).
 */
export async function withDeadline<T>(
  { clock, seconds, late, signal }: Deadline,
  run: (within: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const cancel = clock.after(seconds * 1000, () => over.abort(late()));
  const end = (): void => over.abort(signal?.reason);
  if (signal?.aborted) end();
  else signal?.addEventListener('abort', end, { once: true });
  try {
    return await run(over.signal);
  } finally {
    cancel();
    signal?.removeEventListener('abort', end);
  }
}

/**
 * Runs `run` as {@link withDeadline} does, but waits for it only until the deadline, whether or not it heeds the signal.
 *
 * @throws the signal's reason, or what `run` throws.
 */
export const untilDeadline = <T>(deadline: Deadline, run: (within: AbortSignal) => Promise<T>): Promise<T> =>
  withDeadline(deadline, within => untilAborted(run(within), within));
