/** The part of `navigator.locks` that is used. */
export type Locks = Pick<LockManager, 'request'>;

/**
 * Holds a lock until `signal` is aborted. A tab that closes or crashes loses it automatically. Resolves when the lock
 * is held.
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
 * Runs `gone` when the lock is released, but never after `signal` was aborted.
 *
 * The browser releases a tab's locks when the tab closes or its worker ends, for any reason.
 */
export function whenReleased(locks: Locks, name: string, signal: AbortSignal, gone: () => void): void {
  locks
    .request(name, { mode: 'shared', signal }, () => {
      if (!signal.aborted) gone();
    })
    // Aborted, which ends a wait that is no longer needed, or the browser removed the lock manager.
    .catch(() => signal.aborted || gone());
}
