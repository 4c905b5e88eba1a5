import * as v from 'valibot';
import type { SecretStorage } from '../../platform/storage.ts';

/** A list in secret storage, under one key. */
export interface StoredList<Entry> {
  /** The entries that this version understands. @throws what the storage throws. */
  read(): Promise<readonly Entry[]>;
  /**
   * Replaces the entries that this version understands. Calls must follow one another.
   *
   * @throws what the storage throws.
   */
  change(make: (entries: readonly Entry[]) => readonly Entry[]): Promise<void>;
}

export interface StoredListOptions<Entry> {
  readonly storage: SecretStorage;
  readonly key: string;
  /** The member that has the list, in an object with a version. */
  readonly member: string;
  /** Understands an entry, or returns undefined. */
  parse(entry: unknown): Entry | undefined;
  serialise(entry: Entry): unknown;
  /** Called if there is something else than a list. */
  onUnreadable?(): void;
}

const document = v.pipe(v.string(), v.parseJson(), v.looseObject({ version: v.number() }));

/**
 * A window with a later version of the extension might use the same storage. So everything that this version doesn't
 * understand stays: other entries, other members, and the version. A text without a list is kept under another key.
 */
export function createStoredList<Entry>(options: StoredListOptions<Entry>): StoredList<Entry> {
  const { storage, key, member, parse, serialise } = options;

  const load = async () => {
    const text = await storage.get(key);
    const parsed = v.safeParse(document, text);
    const list = parsed.success ? parsed.output[member] : undefined;
    const isReadable = parsed.success && Array.isArray(list);
    if (text !== undefined && !isReadable) options.onUnreadable?.();
    const raw: readonly unknown[] = isReadable ? (list as unknown[]) : [];
    const entries = raw.map(entry => ({ entry, known: parse(entry) }));
    return {
      written: isReadable ? parsed.output : { version: 1 },
      unreadable: isReadable ? undefined : text,
      known: entries.flatMap(({ known }) => (known === undefined ? [] : [known])),
      others: entries.flatMap(({ entry, known }) => (known === undefined ? [entry] : [])),
      /** What an entry that hasn't changed was read from. */
      rawOf: new Map(entries.map(({ entry, known }) => [known, entry])),
    };
  };

  return {
    read: async () => (await load()).known,
    async change(make) {
      const { written, unreadable, known, others, rawOf } = await load();
      const now = make(known);
      if (unreadable !== undefined) await storage.store(`set-aside:${key}`, unreadable);
      const list = [...others, ...now.map(entry => rawOf.get(entry) ?? serialise(entry))];
      if (list.length > 0) await storage.store(key, JSON.stringify({ ...written, [member]: list }));
      else if (known.length > 0) await storage.delete(key);
    },
  };
}
