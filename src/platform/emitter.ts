import type { Cancel } from './clock.ts';

export interface Emitter<T> {
  /** Calls the listener each time, until it is canceled. */
  on(this: void, listener: (event: T) => void): Cancel;
  /** Calls every listener, in the order in which they came. */
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
      for (const listener of listeners) listener(event);
    },
  };
}
