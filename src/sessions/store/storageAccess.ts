import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';

/** How long anybody waits until something is stored or read, in seconds. What takes longer goes on. */
const longest = 4;

/**
 * Waiting for a storage that may never answer: an extension host lives on for hours after its window has gone,
 * which has the storage. Whoever has waited in vain once does not wait again before an answer has come.
 */
export interface StorageTimeout {
  /** What the promise brings, or `otherwise` if that takes long. Rejects as the promise does. */
  soon<T, U>(promise: Promise<T>, otherwise: U): Promise<T | U>;
  /** @throws an error if it takes long, or what the promise throws. */
  inTime<T>(promise: Promise<T>): Promise<T>;
}

export function createStorageTimeout(clock: Clock): StorageTimeout {
  let isSilent = false;

  const inTime = <T>(promise: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const cancel = clock.after(isSilent ? 0 : longest * 1000, () => {
        isSilent = true;
        reject(new StorageSilent());
      });
      const answered = (): void => {
        isSilent = false;
        cancel();
      };
      promise.finally(answered).then(resolve, reject);
    });

  return {
    inTime,
    soon: (promise, otherwise) =>
      inTime(promise).catch((error: unknown) => {
        if (error instanceof StorageSilent) return otherwise;
        throw error;
      }),
  };
}

class StorageSilent extends Error {
  override readonly name = 'StorageSilent';
}

/** After a failed write, the next try follows after this many seconds, then after twice as many, … */
const firstRetry = 5;
const longestRetry = 600;

/** Writes to a storage that may fail: each is tried again until it succeeds. */
export type Writes = ReturnType<typeof createWrites>;

export function createWrites(clock: Clock, log: Log) {
  const running = new Set<Promise<boolean>>();
  const attempt = async (id: string, write: () => Promise<void>, retry = firstRetry): Promise<boolean> => {
    try {
      await write();
      return true;
    } catch {
      log.error('secret storage failed to write; trying again', { grant: id, seconds: retry });
      clock.after(retry * 1000, () => void attempt(id, write, Math.min(retry * 2, longestRetry)));
      return false;
    }
  };
  return {
    /** @param behind follows, and nobody waits for it. @returns false if the first try failed. */
    run(id: string, write: () => Promise<void>, behind?: () => Promise<void>): Promise<boolean> {
      const written = Promise.withResolvers<boolean>();
      const both = async (): Promise<void> => {
        await write();
        written.resolve(true);
        await behind?.();
      };
      const writing = attempt(id, both).finally(() => running.delete(writing));
      void writing.then(written.resolve);
      running.add(writing);
      return written.promise;
    },
    /** Resolves when the first tries under way have ended, well or not. */
    async ended(): Promise<void> {
      await Promise.all(running);
    },
  };
}
