import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';

/** How long a caller waits until something is stored or read, in seconds. A longer operation continues. */
const longest = 4;

/**
 * Limits the wait for a storage that might hang: an extension host lives on for hours after its window, which has the
 * storage, has gone. After one timeout, no caller waits again until the storage has responded.
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

/** Writes to a storage that can fail: each is retried until it succeeds. */
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
    /** @param behind follows, without anyone waiting for it. @returns false if the first try failed. */
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
    /** Resolves when the pending first tries have ended, successfully or not. */
    async ended(): Promise<void> {
      await Promise.all(running);
    },
  };
}
