/** The part of `navigator.locks` that is used. */
export type Locks = Pick<LockManager, 'request'>;

/**
 * Holds a lock until `signal` is aborted; a tab that is closed or crashes loses it by itself. Resolves when it is
 * held.
 */
export function holdWhile(locks: Locks, name: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    locks
      .request(name, { signal }, () => {
        resolve();
        return new Promise<void>(release => {
          signal.addEventListener('abort', () => release());
          if (signal.aborted) release();
        });
      })
      .catch(reject);
  });
}

/**
 * Runs `gone` when nobody holds that lock any more, in no event after `signal` was aborted.
 *
 * The browser gives up the locks of a tab when it is closed, or its worker ends, whatever ended it.
 */
export function whenReleased(locks: Locks, name: string, signal: AbortSignal, gone: () => void): void {
  locks
    .request(name, { mode: 'shared', signal }, () => {
      if (!signal.aborted) gone();
    })
    // Aborted, which is how a wait that nobody needs any more ends; or the browser takes the lock manager away.
    .catch(() => signal.aborted || gone());
}
