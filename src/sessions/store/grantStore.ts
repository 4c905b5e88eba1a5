import type { Log } from '../../platform/log.ts';
import { createQueue } from '../../platform/queue.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import type { Grant } from '../grant/grant.ts';
import { parseGrant, serialiseGrant } from './storedGrant.ts';
import {
  createGrantIndex,
  entryOf,
  isRemoval,
  laterEntry,
  type GrantIndex,
  type IndexEntry,
} from './grantIndex.ts';

/**
 * Grants at rest: one entry of secret storage for each, and one with the index of them. The index is our own because
 * the editor's list of keys can fail or be missing. Where that works, it restores what the index lost.
 *
 * - A grant is written before the index lists it, and is deleted after it leaves the index: a crash in between loses
 *   nothing that the index lists.
 * - Once the index lists it, changes don't wait for the index: a crash leaves an earlier revision there.
 * - Several windows can write to one storage: each write of the index keeps what the others have written.
 */
export interface GrantStore {
  /**
   * All entries of the index, read once, then from memory. Reads no grant, except existing ones that the index lacks.
   * It is the same array until an entry changes.
   */
  index(): Promise<readonly IndexEntry[]>;
  /** True if the storage can be read now. Waits for as long as it takes. */
  answers(): Promise<boolean>;
  /** The entry of one grant. */
  entry(id: string): Promise<IndexEntry | undefined>;
  /**
   * @param known is returned unchanged if the storage has the same.
   * @returns undefined if it is missing or unusable. An unusable one is kept elsewhere and reported.
   */
  load(id: string, known?: Grant): Promise<Grant | undefined>;
  /**
   * Stores a grant durably. {@link saveIndex} does the rest. Does nothing for a grant whose sign-in was removed, or if
   * the storage has this revision or a later one.
   *
   * @param isOnlyWriter called right before: true if no other window writes later revisions of it. Then the storage
   * isn't read again if it worked the last time.
   * @throws what the storage throws.
   */
  save(grant: Grant, isOnlyWriter?: () => boolean): Promise<void>;
  /** Writes the index, once for all that was saved until it begins. @throws what the storage throws. */
  saveIndex(): Promise<void>;
  /** Ends this sign-in of a grant. @throws what the storage throws. The index in memory is up to date even then. */
  remove(grant: Pick<Grant, 'id' | 'providerId' | 'revision'>, at: number): Promise<void>;
  /** See {@link GrantIndex}. */
  readonly lookAgain: GrantIndex['lookAgain'];
  /** See {@link GrantIndex}: a window that closed right after a write might not have announced it. */
  readonly onDidFind: GrantIndex['onDidFind'];
}

/** A stored entry that is unusable, and was kept under another key. */
export interface SetAside {
  readonly key: string;
  readonly keptAs: string | undefined;
  readonly why: 'newer' | 'garbage';
}

export interface GrantStoreOptions {
  readonly storage: SecretStorage;
  readonly log: Log;
  /** Called for each entry that was kept but isn't used. */
  onSetAside(entry: SetAside): void;
}

const grantKey = (id: string): string => `grant:${id}`;

/** The key of the sign-outs that wait for their provider, see keptSignOuts.ts. */
export const signOutsKey = 'sign-outs';

/** True if what the secret storage has under a key is of grants. */
export const isOfGrants = (key: string): boolean =>
  key === 'grants' || key === signOutsKey || key.startsWith(grantKey(''));

export function createGrantStore({ storage, log, onSetAside }: GrantStoreOptions): GrantStore {
  /** Operations on grants, and writes of the index, which keep no grant waiting. */
  const [inTurn, indexInTurn] = [createQueue(), createQueue()];
  /** Grants whose last read or write succeeded. */
  const reached = new Set<string>();

  const setAside = async (key: string, text: string, why: SetAside['why']): Promise<void> => {
    const keptAs = `set-aside:${key}`;
    const earlier = await storage.get(keptAs);
    // It was found before, and nothing has replaced it since.
    if (earlier === text) return;
    // Don't overwrite an earlier one under that name: it might be worth more.
    const free = earlier === undefined ? keptAs : `${keptAs}:${crypto.randomUUID()}`;
    await storage.store(free, text);
    log.warn('stored entry set aside', { key, keptAs: free, why });
    onSetAside({ key, keptAs: free, why });
  };

  const parseStored = async (id: string, text: string): Promise<Grant | undefined> => {
    const parsed = parseGrant(text);
    if (parsed.kind === 'grant' && parsed.grant.id === id) return parsed.grant;
    await setAside(grantKey(id), text, parsed.kind === 'newer' ? 'newer' : 'garbage');
    return undefined;
  };

  const readText = async (id: string): Promise<string | undefined> => {
    reached.delete(id);
    const text = await storage.get(grantKey(id));
    reached.add(id);
    return text;
  };

  const readGrant = async (id: string): Promise<Grant | undefined> => {
    const text = await readText(id);
    return text === undefined ? undefined : parseStored(id, text);
  };

  const writeGrant = async (grant: Grant): Promise<void> => {
    reached.delete(grant.id);
    await storage.store(grantKey(grant.id), serialiseGrant(grant));
    reached.add(grant.id);
  };

  const storedIds = async (): Promise<readonly string[]> => {
    try {
      const keys = (await storage.keys?.()) ?? [];
      const prefix = grantKey('');
      return keys.filter(key => key.startsWith(prefix)).map(key => key.slice(prefix.length));
    } catch {
      log.debug('the keys of secret storage cannot be listed');
      return [];
    }
  };

  const index = createGrantIndex({ storage, log, setAside, storedIds, readGrant });

  const writeIndex = (): Promise<void> => indexInTurn(index.write);
  /** One write of the index for all that is being saved now. */
  let soon: Promise<void> | undefined;
  const saveIndex = (): Promise<void> => {
    const begin = (): Promise<void> => {
      soon = undefined;
      return index.write();
    };
    soon ??= inTurn(() => Promise.resolve()).then(() => indexInTurn(begin));
    return soon;
  };

  return {
    index: index.list,
    answers: index.answers,
    entry: index.entry,
    async load(id, known) {
      const text = await readText(id);
      if (known && text === serialiseGrant(known)) return known;
      if (text !== undefined) return parseStored(id, text);
      log.warn('stored grant is missing', { grant: id });
      return undefined;
    },
    async save(grant, isOnlyWriter = () => false) {
      const needed = await inTurn(async () => {
        const entry = entryOf(grant);
        if (isRemoval(laterEntry(await index.entry(grant.id), entry))) return false;
        // In the storage that all windows of a desktop share, another one might have been quicker.
        const isFirst = reached.has(grant.id) && isOnlyWriter();
        const stored = isFirst ? undefined : await readGrant(grant.id);
        if (!stored || stored.revision < grant.revision) await writeGrant(grant);
        await index.set(entry);
        return !index.names(entry);
      });
      if (needed) await saveIndex();
    },
    saveIndex,
    remove: ({ id, providerId, revision }, at) =>
      inTurn(async () => {
        await index.set({ id, providerId, revision, removed: at });
        await writeIndex();
        // The account might have signed in again meanwhile, in another window.
        if ((await index.entry(id))?.removed !== undefined) await storage.delete(grantKey(id));
      }),
    lookAgain: index.lookAgain,
    onDidFind: index.onDidFind,
  };
}
