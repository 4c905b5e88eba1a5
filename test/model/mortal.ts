import type { Clock } from '../../src/platform/clock.ts';
import type { MemorySecretStorage } from '../standIns/memorySecretStorage.ts';
import type { Life } from '../standIns/memoryTransport.ts';

/** The timers of a dead process do not run. */
export function mortalClock(clock: Clock, life: Life): Clock {
  return {
    now: () => clock.now(),
    after: (milliseconds, run) =>
      clock.after(milliseconds, () => {
        if (life.alive) run();
      }),
  };
}

/** A dead process waits for its storage for ever. */
export function mortalStorage(storage: MemorySecretStorage, life: Life) {
  const living = async <T>(run: () => PromiseLike<T>): Promise<T> => {
    if (!life.alive) return new Promise<never>(() => undefined);
    const value = await run();
    return life.alive ? value : new Promise<never>(() => undefined);
  };
  return {
    get: (key: string) => living(() => storage.get(key)),
    store: (key: string, value: string) => living(() => storage.store(key, value)),
    delete: (key: string) => living(() => storage.delete(key)),
  };
}
