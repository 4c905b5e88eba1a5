import type { SecretStorage } from '../../src/platform/secretStorage.ts';

export type StorageCall = { readonly operation: 'get' | 'store' | 'delete'; readonly key: string };

/** Secret storage that can be watched, and made to fail: the editor's own exists only in its extension host. */
export interface MemorySecretStorage extends SecretStorage {
  readonly values: Map<string, string>;
  readonly calls: StorageCall[];
  /** Decides for each call whether it fails. */
  fails: (call: StorageCall) => boolean;
}

export function memorySecretStorage(values = new Map<string, string>()): MemorySecretStorage {
  const calls: StorageCall[] = [];
  const call = (operation: StorageCall['operation'], key: string): void => {
    const made = { operation, key };
    calls.push(made);
    if (storage.fails(made)) throw new Error('The secret storage failed, as the test wants it.');
  };
  const storage: MemorySecretStorage = {
    values,
    calls,
    fails: () => false,
    // The editor's storage answers across a process boundary, so never at once.
    async get(key) {
      await Promise.resolve();
      call('get', key);
      return values.get(key);
    },
    async store(key, value) {
      await Promise.resolve();
      call('store', key);
      values.set(key, value);
    },
    async delete(key) {
      await Promise.resolve();
      call('delete', key);
      values.delete(key);
    },
  };
  return storage;
}
