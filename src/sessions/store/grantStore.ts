import * as v from 'valibot';
import type { Cancel } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { SecretStorage } from '../../platform/secretStorage.ts';
import { parseGrant, serialiseGrant, type Grant } from '../grant/grant.ts';
import { isLaterSignIn } from '../grant/revisions.ts';

/**
 * What the index knows of a grant. `removed` entries stay for a while: they keep another window's old copy
 * from bringing a grant back that was signed out.
 */
export interface IndexEntry {
  readonly id: string;
  readonly providerId: string;
  readonly revision: number;
  /** When it was signed out, in seconds since the epoch; undefined while it lives. */
  readonly removed?: number | undefined;
}

/**
 * Grants at rest: one entry of secret storage for each, and one with the index of them. The index is ours
 * because the editor's list of keys may fail or be missing; where it works, it finds again what the index lost.
 *
 * - A grant is written before the index names it, and leaves the index before it is deleted, so that a crash in
 *   between loses nothing that the index promises.
 * - Several windows may write to one storage: each write of the index keeps what the others have written.
 */
export interface GrantStore {
  /**
   * All entries of the index; read once, then from memory. Reads no grant, except those that exist and that the
   * index does not name. It is the same list until an entry changes.
   */
  index(): Promise<readonly IndexEntry[]>;
  /** True if the storage can be read now. Waits for as long as it takes. */
  answers(): Promise<boolean>;
  /** The entry of one grant. */
  entry(id: string): Promise<IndexEntry | undefined>;
  /** @returns undefined if it is not there, or cannot be used; then it has been set aside and told. */
  load(id: string): Promise<Grant | undefined>;
  /**
   * Does nothing for a grant whose sign-in was removed, or if the storage has this revision or a later one.
   *
   * @throws what the storage throws. The index in memory is up to date even then.
   */
  save(grant: Grant): Promise<void>;
  /** Ends this sign-in of a grant. @throws what the storage throws. The index in memory is up to date even then. */
  remove(grant: Pick<Grant, 'id' | 'providerId' | 'revision'>, at: number): Promise<void>;
  /**
   * Told of each removal that another window has written since the index was read: one that closed right after may
   * have told nobody.
   */
  onDidFindRemoval(listener: (removal: Removal) => void): Cancel;
}

/** The entry of a grant that was signed out. */
export type Removal = IndexEntry & { readonly removed: number };

export const isRemoval = (entry: IndexEntry): entry is Removal => entry.removed !== undefined;

/** Something stored cannot be used; it was kept under another key. */
export interface SetAside {
  readonly key: string;
  readonly keptAs: string | undefined;
  readonly why: 'newer' | 'garbage';
}

export interface GrantStoreOptions {
  readonly storage: SecretStorage;
  readonly log: Log;
  /** Told of each entry that was set aside. */
  onSetAside(entry: SetAside): void;
}

const indexKey = 'grants';
const grantKey = (id: string): string => `grant:${id}`;

/** True if what the secret storage has under a key is of grants. */
export const isOfGrants = (key: string): boolean => key === indexKey || key.startsWith(grantKey(''));

/** Signed-out grants that the index remembers at most. */
const rememberedRemovals = 200;

export const indexEntrySchema = v.object({
  id: v.string(),
  providerId: v.string(),
  revision: v.number(),
  removed: v.optional(v.number()),
});

const indexSchema = v.object({ version: v.literal(1), grants: v.array(indexEntrySchema) });

/**
 * Of two entries for one grant the one to believe: that of the later sign-in; of the same sign-in a removal, else the
 * higher revision. The first if they are alike.
 */
export function laterEntry(a: IndexEntry | undefined, b: IndexEntry): IndexEntry {
  if (a === undefined || isLaterSignIn(b.revision, a.revision)) return b;
  if (isLaterSignIn(a.revision, b.revision)) return a;
  if (isRemoval(a) !== isRemoval(b)) return isRemoval(a) ? a : b;
  return a.revision >= b.revision ? a : b;
}

export function createGrantStore({ storage, log, onSetAside }: GrantStoreOptions): GrantStore {
  let entries: Promise<Map<string, IndexEntry>> | undefined;
  /** Writes one after another: two writes of the index at once could end in the older one. */
  let writing: Promise<unknown> = Promise.resolve();
  const removalListeners = new Set<(removal: Removal) => void>();

  const inTurn = <T>(write: () => Promise<T>): Promise<T> => {
    const turn = writing.then(write);
    writing = turn.catch(() => undefined);
    return turn;
  };

  const setAside = async (key: string, text: string, why: SetAside['why']): Promise<void> => {
    const keptAs = `set-aside:${key}`;
    const earlier = await storage.get(keptAs);
    // It was found before, and nothing has replaced it since.
    if (earlier === text) return;
    // An earlier one under that name is not overwritten with something that may be worth less.
    const free = earlier === undefined ? keptAs : `${keptAs}:${crypto.randomUUID()}`;
    await storage.store(free, text);
    log.warn('stored entry set aside', { key, keptAs: free, why });
    onSetAside({ key, keptAs: free, why });
  };

  const readIndex = async (): Promise<Map<string, IndexEntry>> => {
    const text = await storage.get(indexKey);
    if (text === undefined) return new Map();
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), indexSchema), text);
    if (parsed.success) return new Map(parsed.output.grants.map(entry => [entry.id, entry]));
    await setAside(indexKey, text, isNewer(text) ? 'newer' : 'garbage');
    return new Map();
  };

  const parseStored = async (id: string, text: string): Promise<Grant | undefined> => {
    const parsed = parseGrant(text);
    if (parsed.kind === 'grant' && parsed.grant.id === id) return parsed.grant;
    await setAside(grantKey(id), text, parsed.kind === 'newer' ? 'newer' : 'garbage');
    return undefined;
  };

  /** Ids of the grants that are stored; none where the editor cannot tell. */
  const storedIds = async (): Promise<string[]> => {
    try {
      const keys = (await storage.keys?.()) ?? [];
      const prefix = grantKey('');
      return keys.filter(key => key.startsWith(prefix)).map(key => key.slice(prefix.length));
    } catch {
      log.debug('the keys of secret storage cannot be listed');
      return [];
    }
  };

  /** The index, with the grants that it does not name although they are there: they were lost from it. */
  const recoverIndex = async (): Promise<Map<string, IndexEntry>> => {
    const [known, ids] = await Promise.all([readIndex(), storedIds()]);
    const lost = ids.filter(id => !known.has(id));
    let recovered = 0;
    for (const id of lost) {
      const text = await storage.get(grantKey(id));
      const grant = text === undefined ? undefined : await parseStored(id, text);
      if (!grant) continue;
      known.set(id, entryOf(grant));
      recovered++;
    }
    if (recovered > 0) log.warn('stored grants recovered that the index had lost', { grants: recovered });
    return known;
  };

  /** The entries as they were listed last; undefined since one has changed. */
  let listed: readonly IndexEntry[] | undefined;
  const setEntry = (known: Map<string, IndexEntry>, entry: IndexEntry): void => {
    if (known.get(entry.id) === entry) return;
    known.set(entry.id, entry);
    listed = undefined;
  };

  const index = (): Promise<Map<string, IndexEntry>> => {
    entries ??= recoverIndex().catch((error: unknown) => {
      entries = undefined;
      throw error;
    });
    return entries;
  };

  const writeIndex = async (known: Map<string, IndexEntry>): Promise<void> => {
    for (const [id, entry] of await readIndex()) {
      const later = laterEntry(known.get(id), entry);
      if (later === entry && isRemoval(entry)) for (const tell of removalListeners) tell(entry);
      setEntry(known, later);
    }
    const removed = [...known.values()].filter(isRemoval);
    removed.sort((a, b) => b.removed - a.removed);
    for (const { id } of removed.slice(rememberedRemovals)) {
      known.delete(id);
      listed = undefined;
    }
    await storage.store(indexKey, JSON.stringify({ version: 1, grants: [...known.values()] }));
  };

  /** One write of the index for all that was saved until it begins. */
  let soon: Promise<void> | undefined;
  const writeIndexSoon = (): Promise<void> => {
    soon ??= inTurn(async () => {
      soon = undefined;
      await writeIndex(await index());
    });
    return soon;
  };

  return {
    async index() {
      const known = await index();
      return (listed ??= [...known.values()]);
    },
    async answers() {
      try {
        await storage.get(indexKey);
        return true;
      } catch {
        return false;
      }
    },
    async entry(id) {
      return (await index()).get(id);
    },
    async load(id) {
      const text = await storage.get(grantKey(id));
      if (text !== undefined) return parseStored(id, text);
      log.warn('stored grant is missing', { grant: id });
      return undefined;
    },
    async save(grant) {
      const needed = await inTurn(async () => {
        const known = await index();
        const entry = laterEntry(known.get(grant.id), entryOf(grant));
        if (entry.removed !== undefined) return false;
        setEntry(known, entry);
        const text = await storage.get(grantKey(grant.id));
        const stored = text === undefined ? undefined : await parseStored(grant.id, text);
        // In the storage that all windows of a desktop share, another one may have been quicker.
        if (!stored || stored.revision < grant.revision)
          await storage.store(grantKey(grant.id), serialiseGrant(grant));
        return true;
      });
      if (needed) await writeIndexSoon();
    },
    remove: ({ id, providerId, revision }, at) =>
      inTurn(async () => {
        const known = await index();
        setEntry(known, laterEntry(known.get(id), { id, providerId, revision, removed: at }));
        await writeIndex(known);
        // The account may have signed in again meanwhile, in another window.
        if (known.get(id)?.removed !== undefined) await storage.delete(grantKey(id));
      }),
    onDidFindRemoval(listener) {
      removalListeners.add(listener);
      return () => removalListeners.delete(listener);
    },
  };
}

const entryOf = ({ id, providerId, revision }: Grant): IndexEntry => ({ id, providerId, revision });

function isNewer(text: string): boolean {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.object({ version: v.number() })), text);
  return parsed.success && parsed.output.version > 1;
}
