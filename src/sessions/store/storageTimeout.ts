import type { Clock } from '../../platform/clock.ts';

/** How long anybody waits until something is stored or read, in seconds. What takes longer goes on. */
const longest = 4;

/**
 * Waiting for a storage that may never answer: an extension host lives on for hours after its window has gone,
 * which has the storage. Whoever has waited in vain once does not wait again before an answer has come.
 */
export interface StoragePatience {
  /** What the promise brings, or `otherwise` if that takes long. Rejects as the promise does. */
  soon<T, U>(promise: Promise<T>, otherwise: U): Promise<T | U>;
  /** @throws an error if it takes long, or what the promise throws. */
  inTime<T>(promise: Promise<T>): Promise<T>;
}

export function createStoragePatience(clock: Clock): StoragePatience {
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
