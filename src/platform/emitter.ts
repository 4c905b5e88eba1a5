import type { Cancel } from './clock.ts';

export interface Emitter<T> {
  /** Calls the listener each time, until it is canceled. */
  on(this: void, listener: (event: T) => void): Cancel;
  /**
   * Calls every listener, in the order in which they came. If one throws, the others are called all the same, and the
   * error goes where the editor reports those of its own listeners: whoever fires can't do anything about it.
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
