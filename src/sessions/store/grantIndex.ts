import * as v from 'valibot';
import { createEmitter } from '../../platform/emitter.ts';
import type { Log } from '../../platform/log.ts';
import { once } from '../../platform/once.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import type { Grant } from '../grant/grant.ts';
import { isLaterSignIn } from '../grant/revisions.ts';

export const indexEntrySchema = v.object({
  id: v.string(),
  providerId: v.string(),
  revision: v.number(),
  /** When it was signed out, in seconds since the epoch. Undefined while it is alive. */
  removed: v.optional(v.number()),
});

/**
 * What the index knows of a grant. `removed` entries stay for a while: they keep another window's old copy
 * from bringing a grant back that was signed out.
 */
export type IndexEntry = Readonly<v.InferOutput<typeof indexEntrySchema>>;

/** The entry of a grant that was signed out. */
export type Removal = IndexEntry & { readonly removed: number };

export const isRemoval = (entry: IndexEntry): entry is Removal => entry.removed !== undefined;

const indexKey = 'grants';

/** Signed-out grants that the index remembers at most. */
const rememberedRemovals = 200;

/** Members that a later version has added stay. */
const indexSchema = v.looseObject({
  version: v.literal(1),
  grants: v.array(v.looseObject(indexEntrySchema.entries)),
});

/**
 * Chooses between two entries for one grant: that of the later sign-in, for the same sign-in a removal, otherwise the
 * higher revision. The first if they are equal.
 */
export function laterEntry(a: IndexEntry | undefined, b: IndexEntry): IndexEntry {
  if (a === undefined || isLaterSignIn(b.revision, a.revision)) return b;
  if (isLaterSignIn(a.revision, b.revision)) return a;
  if (isRemoval(a) !== isRemoval(b)) return isRemoval(a) ? a : b;
  return a.revision >= b.revision ? a : b;
}

export interface GrantIndexOptions {
  readonly storage: SecretStorage;
  readonly log: Log;
  /** Keeps an unreadable index under another key. */
  setAside(key: string, text: string, why: 'newer' | 'garbage'): Promise<void>;
  /** IDs of the grants that are stored, or none if the editor can't list them. */
  storedIds(): Promise<readonly string[]>;
  readGrant(id: string): Promise<Grant | undefined>;
}

/** The index of the stored grants: read once, then kept in memory. */
export type GrantIndex = ReturnType<typeof createGrantIndex>;

/** @returns an index whose calls of `write` must follow one another: of two at once, the older could be the last. */
export function createGrantIndex(options: GrantIndexOptions) {
  const { storage, log, setAside } = options;
  const finds = createEmitter<IndexEntry>();
  let isRead = false;
  /** As it was read or written last, and its text. */
  let there: ReadonlyMap<string, IndexEntry> = new Map();
  let lastText: string | undefined;
  /** The members of the index apart from the entries. */
  let members: object = {};
  /** The entries as last listed, or undefined after a change. */
  let listed: readonly IndexEntry[] | undefined;

  /** @returns the same map until another window has written. */
  const readStored = async (): Promise<ReadonlyMap<string, IndexEntry>> => {
    const text = await storage.get(indexKey);
    if (text !== undefined && text === lastText) return there;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), indexSchema), text);
    const { grants: stored, ...others } = parsed.success ? parsed.output : { version: 1, grants: [] };
    members = others;
    if (!parsed.success && text !== undefined)
      await setAside(indexKey, text, isNewer(text) ? 'newer' : 'garbage');
    lastText = text;
    return (there = new Map(stored.map(entry => [entry.id, entry])));
  };

  /** Includes the stored grants that the index has lost. */
  const entries = once(async () => {
    isRead = true;
    const [stored, ids] = await Promise.all([readStored(), options.storedIds()]);
    const known = new Map(stored);
    const named = known.size;
    for (const id of ids.filter(id => !known.has(id))) {
      const grant = await options.readGrant(id);
      if (grant) known.set(id, entryOf(grant));
    }
    const grants = known.size - named;
    if (grants > 0) log.warn('stored grants recovered that the index had lost', { grants });
    return known;
  });

  const take = (known: Map<string, IndexEntry>, entry: IndexEntry): IndexEntry => {
    const before = known.get(entry.id);
    const later = laterEntry(before, entry);
    if (before === later) return later;
    listed = undefined;
    known.set(entry.id, { ...before, removed: undefined, ...entry });
    return later;
  };

  const merge = async () => {
    const known = await entries();
    const before = there;
    const stored = await readStored();
    for (const entry of stored === before ? [] : stored.values()) {
      if (take(known, entry) === entry) finds.fire(entry);
      const ours = known.get(entry.id);
      if (Object.keys(entry).some(name => !(name in (ours ?? {}))) && ours)
        known.set(entry.id, { ...entry, ...ours, removed: ours.removed });
    }
    return { known, stored };
  };

  return {
    /** It is the same list until an entry changes. */
    list: async (): Promise<readonly IndexEntry[]> => (listed ??= [...(await entries()).values()]),
    entry: async (id: string): Promise<IndexEntry | undefined> => (await entries()).get(id),
    /** True if the storage can be read now. Waits for as long as it takes. */
    async answers(): Promise<boolean> {
      try {
        await storage.get(indexKey);
        return true;
      } catch {
        return false;
      }
    },
    /** Takes the later of this entry and the one there is, in memory only, and returns it. */
    set: async (entry: IndexEntry): Promise<IndexEntry> => take(await entries(), entry),
    /** Takes over what other windows have written to the same storage since it was read, if it was. */
    async lookAgain(): Promise<void> {
      if (isRead) await merge();
    },
    /**
     * Writes the index, after merging what other windows have written meanwhile. Writes nothing if they have written
     * all that this one knows: concurrent writes of theirs would be lost.
     */
    async write(): Promise<void> {
      const { known, stored } = await merge();
      const removed = [...known.values()].filter(isRemoval).sort((a, b) => b.removed - a.removed);
      for (const { id } of removed.slice(rememberedRemovals)) {
        known.delete(id);
        listed = undefined;
      }
      const isStored = (entry: IndexEntry): boolean => {
        const before = stored.get(entry.id);
        return laterEntry(before, entry) === before;
      };
      if (stored.size === known.size && [...known.values()].every(isStored)) return;
      const [text, written] = [JSON.stringify({ ...members, grants: [...known.values()] }), new Map(known)];
      await storage.store(indexKey, text);
      [there, lastText] = [written, text];
    },
    /** True if a grant of this sign-in is found by it after the next start, as far as is known. */
    names({ id, revision }: Pick<IndexEntry, 'id' | 'revision'>): boolean {
      const entry = there.get(id);
      return entry !== undefined && !isRemoval(entry) && !isLaterSignIn(revision, entry.revision);
    },
    /** Fires for each entry, later than the one there was, that another window has written since the index was read. */
    onDidFind: finds.on,
  };
}

export const entryOf = ({ id, providerId, revision }: Grant): IndexEntry => ({ id, providerId, revision });

function isNewer(text: string): boolean {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.object({ version: v.number() })), text);
  return parsed.success && parsed.output.version > 1;
}
