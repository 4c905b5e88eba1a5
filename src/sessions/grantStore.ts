import * as v from 'valibot';
import type { Log } from '../platform/log.ts';
import type { SecretStorage } from '../platform/secretStorage.ts';
import { parseGrant, serialiseGrant, type Grant } from './grant.ts';

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
 * because the editor's list of keys may fail or be missing.
 *
 * Invariant: a grant is written before the index names it, and leaves the index before it is deleted, so that
 * a crash in between loses nothing that the index promises.
 */
export interface GrantStore {
  /** All entries of the index; read once, then from memory. */
  index(): Promise<readonly IndexEntry[]>;
  /** @returns undefined if it is not there, or cannot be used; then it has been set aside and told. */
  load(id: string): Promise<Grant | undefined>;
  /** @throws what the storage throws. The index in memory is up to date even then. */
  save(grant: Grant): Promise<void>;
  /** @throws what the storage throws. The index in memory is up to date even then. */
  remove(grant: Pick<Grant, 'id' | 'providerId' | 'revision'>, at: number): Promise<void>;
}

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

/** Signed-out grants that the index remembers at most. */
const rememberedRemovals = 200;

const indexSchema = v.object({
  version: v.literal(1),
  grants: v.array(
    v.object({
      id: v.string(),
      providerId: v.string(),
      revision: v.number(),
      removed: v.optional(v.number()),
    }),
  ),
});

export function createGrantStore({ storage, log, onSetAside }: GrantStoreOptions): GrantStore {
  let entries: Promise<Map<string, IndexEntry>> | undefined;
  /** Writes one after another: two writes of the index at once could end in the older one. */
  let writing: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(write: () => Promise<T>): Promise<T> => {
    const turn = writing.then(write);
    writing = turn.catch(() => undefined);
    return turn;
  };

  const setAside = async (key: string, text: string, why: SetAside['why']): Promise<void> => {
    const keptAs = `set-aside:${key}`;
    // An earlier one under that name is not overwritten with something that may be worth less.
    const free = (await storage.get(keptAs)) === undefined ? keptAs : `${keptAs}:${crypto.randomUUID()}`;
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

  const index = (): Promise<Map<string, IndexEntry>> => {
    entries ??= readIndex().catch((error: unknown) => {
      entries = undefined;
      throw error;
    });
    return entries;
  };

  const writeIndex = async (known: Map<string, IndexEntry>): Promise<void> => {
    const removed = [...known.values()].filter(entry => entry.removed !== undefined);
    removed.sort((a, b) => (b.removed ?? 0) - (a.removed ?? 0));
    for (const { id } of removed.slice(rememberedRemovals)) known.delete(id);
    await storage.store(indexKey, JSON.stringify({ version: 1, grants: [...known.values()] }));
  };

  return {
    async index() {
      return [...(await index()).values()];
    },
    async load(id) {
      const text = await storage.get(grantKey(id));
      if (text === undefined) {
        log.warn('stored grant is missing', { grant: id });
        return undefined;
      }
      const parsed = parseGrant(text);
      if (parsed.kind === 'grant' && parsed.grant.id === id) return parsed.grant;
      await setAside(grantKey(id), text, parsed.kind === 'newer' ? 'newer' : 'garbage');
      return undefined;
    },
    save: grant =>
      inTurn(async () => {
        const known = await index();
        const entry = { id: grant.id, providerId: grant.providerId, revision: grant.revision };
        known.set(grant.id, entry);
        await storage.store(grantKey(grant.id), serialiseGrant(grant));
        await writeIndex(known);
      }),
    remove: ({ id, providerId, revision }, at) =>
      inTurn(async () => {
        const known = await index();
        known.set(id, { id, providerId, revision, removed: at });
        await writeIndex(known);
        await storage.delete(grantKey(id));
      }),
  };
}

function isNewer(text: string): boolean {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), v.object({ version: v.number() })), text);
  return parsed.success && parsed.output.version > 1;
}
