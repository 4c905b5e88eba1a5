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
