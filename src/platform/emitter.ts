import type { Cancel } from './clock.ts';

export interface Emitter<T> {
  /** Calls the listener each time, until it is canceled. */
  on(this: void, listener: (event: T) => void): Cancel;
  /**
   * Calls every listener, in the order in which they were added. If one throws, the others are still called. The error
   * goes where the editor reports those of its own listeners, because the caller can't handle it.
   */
  fire(this: void, event: T): void;
}

export function createEmitter<T = void>(): Emitter<T> {
  const listeners = new Set<(event: T) => void>();
  return {
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    fire(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          void Promise.reject(error instanceof Error ? error : new Error(String(error)));
        }
      }
    },
  };
}
