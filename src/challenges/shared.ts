import { isWithin } from '../platform/clock.ts';
import { putNewest } from '../platform/lru.ts';

/** Outcomes that are remembered at most. */
const capacity = 20;

/**
 * Runs `run` for a key, and gives its outcome to everybody who asks for the same meanwhile, or who waited in the
 * editor's queue for it to end.
 *
 * @param queueing how long after the end, in seconds, a question still counts as one that waited.
 * @param now in seconds since the epoch, with fractions.
 */
export function shareOutcome<T>(
  queueing: number,
  now: () => number,
): (key: string, run: () => Promise<T>) => Promise<T> {
  const outcomes = new Map<string, { readonly outcome: Promise<T>; endedAt?: number }>();
  return (key, run) => {
    const known = outcomes.get(key);
    if (known && (known.endedAt === undefined || isWithin(queueing, known.endedAt, now())))
      return known.outcome;
    const entry: { outcome: Promise<T>; endedAt?: number } = {
      outcome: run().finally(() => (entry.endedAt = now())),
    };
    putNewest(outcomes, key, entry, capacity);
    return entry.outcome;
  };
}
