import type { SecretStorage } from '../../src/platform/storage.ts';

export type StorageCall = { readonly operation: 'get' | 'store' | 'delete'; readonly key: string };

/** Secret storage that can be watched, and made to fail: the editor's own exists only in its extension host. */
export interface MemorySecretStorage extends SecretStorage {
  readonly values: Map<string, string>;
  readonly calls: StorageCall[];
  /** Decides for each call whether it fails. */
  fails: (call: StorageCall) => boolean;
  /** True while the window is gone that would answer: calls wait, and are answered when it is back. */
  gone: boolean;
}

export function memorySecretStorage(values = new Map<string, string>()): MemorySecretStorage {
  const calls: StorageCall[] = [];
  let back = Promise.withResolvers<void>();
  let gone = false;
  const call = async (operation: StorageCall['operation'], key: string): Promise<void> => {
    // The editor's storage answers across a process boundary, so never at once.
    await (gone ? back.promise : undefined);
    const made = { operation, key };
    calls.push(made);
    if (storage.fails(made)) throw new Error('The secret storage failed, as the test wants it.');
  };
  const storage: MemorySecretStorage = {
    values,
    calls,
    fails: () => false,
    get gone() {
      return gone;
    },
    set gone(now) {
      gone = now;
      if (now) back = Promise.withResolvers();
      else back.resolve();
    },
    async get(key) {
      await call('get', key);
      return values.get(key);
    },
    async store(key, value) {
      await call('store', key);
      values.set(key, value);
    },
    async delete(key) {
      await call('delete', key);
      values.delete(key);
    },
  };
  return storage;
}
