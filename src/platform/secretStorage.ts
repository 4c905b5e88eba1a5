/**
 * The part of the editor's `SecretStorage` that we use. It may be slow, fail, forget a value or delete one:
 * nothing above takes its answers for granted.
 */
export interface SecretStorage {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
  /** The keys there are. Not every editor has it, and it may throw: only good for finding what was lost. */
  keys?(): PromiseLike<string[]>;
}
