/**
 * The part of the editor's `SecretStorage` that we use. It can be slow, fail, or lose a value, so callers don't rely
 * on its results.
 */
export interface SecretStorage {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
  /** Lists the stored keys. Optional, and can throw, so it is only used to find lost entries. */
  keys?(): PromiseLike<string[]>;
}

/** As much of the editor's `Memento` as {@link remembering} uses. */
export interface Remembered {
  keys(): readonly string[];
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

/** What an extension remembers apart from secrets. Nothing that is read or written waits, or fails. */
export interface Memory extends Pick<Remembered, 'get'> {
  keys(): ReadonlySet<string>;
  /** Undefined removes it. */
  set(key: string, value: unknown): void;
}

/**
 * Remembers in a storage that can fail, or never respond. What couldn't be stored counts in this window until it closes,
 * or until another window stores something else. Nothing repeats a question, and nothing waits for the disk.
 */
export function remembering(storage: Remembered): Memory {
  /** By key: what was set, and what the storage had after that. It has something else once it has stored it. */
  const own = new Map<string, readonly [value: unknown, stored: string | undefined]>();
  return {
    keys: () => new Set([...storage.keys(), ...own.keys()]),
    get(key) {
      const [set, stored] = [own.get(key), storage.get(key)];
      if (set && set[1] === JSON.stringify(stored)) return set[0];
      own.delete(key);
      return stored;
    },
    set(key, value) {
      void (async () => storage.update(key, value))().catch(() => undefined);
      own.set(key, [value, JSON.stringify(storage.get(key))]);
    },
  };
}
