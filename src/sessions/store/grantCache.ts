import type { Cancel, Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Grant } from '../grant/grant.ts';
import { isRemoval, laterEntry, type GrantStore, type IndexEntry, type Removal } from './grantStore.ts';
import { isLaterSignIn } from '../grant/revisions.ts';
import { createStoragePatience, type StoragePatience } from './storageTimeout.ts';

/** A grant came (`before` undefined), went (`after` undefined) or has changed. */
export interface GrantChange {
  readonly before: Grant | undefined;
  readonly after: Grant | undefined;
}

/**
 * The grants as one window knows them: read from storage when they are first needed, then answered from
 * memory. What is put in is believed at once and written behind; a storage that fails costs the permanence
 * of a grant, never the grant.
 */
export interface GrantCache {
  /**
   * The grants of a provider, newest first. Reads each from storage at most once. It is the same list until a
   * grant changes.
   */
  ofProvider(providerId: string): Promise<readonly Grant[]>;
  get(id: string): Promise<Grant | undefined>;
  /**
   * Takes a grant over, unless this revision or a later one is known or this sign-in has been removed.
   *
   * @returns when it is stored, true; false if storing failed, and will be tried again, or takes long.
   */
  put(grant: Grant): Promise<boolean>;
  /**
   * Changes a grant as it is now, in one step; the revision counts up by itself.
   *
   * @param change gets the newest grant; returns undefined to leave it as it is. A revision that it sets is
   * taken if it is higher.
   * @returns the grant after the change and whether it is stored; undefined if there is no such grant.
   */
  update(
    id: string,
    change: (current: Grant) => Grant | undefined,
  ): Promise<{ readonly grant: Grant; readonly stored: boolean } | undefined>;
  /** @returns when it is gone from storage, true; false if that failed: it will not be shown again anyway. */
  remove(id: string, at: number): Promise<boolean>;
  /**
   * Takes over that a grant was removed, which need not be known here. A later sign-in of it stays. Otherwise as
   * {@link remove}.
   */
  adoptRemoval(removal: Removal): Promise<boolean>;
  /** The removal of a grant, if it was removed. */
  removal(id: string): Promise<Removal | undefined>;
  /** False if the storage cannot be read, or takes long. */
  answers(): Promise<boolean>;
  /** For whoever must not wait for the storage: see {@link StoragePatience}. */
  readonly inTime: StoragePatience['inTime'];
  /**
   * Looks at the storage again, which other windows may share, and takes over what is newer there.
   *
   * @returns the newest there is. Never rejects: storage that fails has nothing newer.
   */
  reread(id: string): Promise<Grant | undefined>;
  /**
   * All grants that can be had here, with those that were removed, for comparing with other windows.
   *
   * @throws what the storage throws.
   */
  entries(): Promise<readonly IndexEntry[]>;
  /** Resolves when a grant as it is now is stored; with false if that failed, or takes long. */
  stored(id: string): Promise<boolean>;
  /** True if a grant as it is now is stored, as far as is known at this moment. */
  isStored(id: string): boolean;
  /** Resolves when the writes under way have ended, well or not. */
  written(): Promise<void>;
  /** The grants in memory now. */
  known(): readonly Grant[];
  /** Told of each grant that comes, changes or goes; not of one that is read from storage. */
  onDidChange(listener: (change: GrantChange) => void): Cancel;
  /** Told of each grant that was signed out, here or elsewhere, known or not. */
  onDidRemove(listener: (removal: Removal) => void): Cancel;
  /** Told of each grant that was read from storage. */
  onDidLoad(listener: (grant: Grant) => void): Cancel;
  /** Told of each grant that the index promises and the storage does not have: another window may have it. */
  onDidMiss(listener: (id: string) => void): Cancel;
}

/** After a failed write, the next try follows after this many seconds, then after twice as many, … */
const firstRetry = 5;
const longestRetry = 600;

export function createGrantCache(store: GrantStore, clock: Clock, log: Log): GrantCache {
  const { inTime, soon } = createStoragePatience(clock);
  const known = new Map<string, Grant>();
  /** Loads under way, so that two callers cause one read. */
  const loading = new Map<string, Promise<Grant | undefined>>();
  /** What this window removed, or was told of; the index holds what was removed before. */
  const removed = new Map<string, Removal>();
  /** Promised by the index, but not there. */
  const missing = new Set<string>();
  const listeners = new Set<(change: GrantChange) => void>();
  const loadListeners = new Set<(grant: Grant) => void>();
  const removeListeners = new Set<(removal: Removal) => void>();
  const missListeners = new Set<(id: string) => void>();

  /** Of each provider, its grants as they were listed last, and the index by which they were. */
  const lists = new Map<string, { index: readonly IndexEntry[]; grants: readonly Grant[] }>();

  const tell = (change: GrantChange): void => {
    lists.clear();
    for (const listener of listeners) listener(change);
  };

  const removal = async (id: string): Promise<Removal | undefined> => {
    // Whoever removes a grant that is known here is heard.
    if (known.has(id)) return undefined;
    const entry = removed.get(id) ?? (await store.entry(id));
    return entry && isRemoval(entry) ? entry : undefined;
  };

  /** As {@link removal}, of a storage that may fail, or not answer: then it is taken for not removed. */
  const removalSoon = (id: string): Promise<Removal | undefined> =>
    soon(removal(id), undefined).catch(() => undefined);

  const read = async (id: string): Promise<Grant | undefined> => {
    if (await removal(id)) return undefined;
    const grant = await store.load(id);
    // What was put in while the storage was read is newer.
    if (known.has(id) || removed.has(id)) return known.get(id);
    if (grant) {
      known.set(id, grant);
      lists.clear();
      for (const listener of loadListeners) listener(grant);
    } else if (await store.entry(id)) {
      missing.add(id);
      for (const listener of missListeners) listener(id);
    }
    return grant;
  };

  const load = (id: string): Promise<Grant | undefined> => {
    const running = loading.get(id);
    if (running) return running;
    const reading = read(id);
    loading.set(id, reading);
    reading.then(
      // What is not there now may be there later.
      grant => grant ?? loading.delete(id),
      () => loading.delete(id),
    );
    return reading;
  };

  const get = async (id: string): Promise<Grant | undefined> => {
    if (removed.has(id)) return undefined;
    return known.get(id) ?? (missing.has(id) ? undefined : await load(id));
  };

  const tryToPersist = async (
    id: string,
    write: () => Promise<void>,
    retry = firstRetry,
  ): Promise<boolean> => {
    try {
      await write();
      return true;
    } catch {
      log.error('secret storage failed to write; trying again', { grant: id, seconds: retry });
      clock.after(retry * 1000, () => void tryToPersist(id, write, Math.min(retry * 2, longestRetry)));
      return false;
    }
  };

  const writes = new Set<Promise<boolean>>();
  const persist = (id: string, write: () => Promise<void>): Promise<boolean> => {
    const writing = tryToPersist(id, write).finally(() => writes.delete(writing));
    writes.add(writing);
    return soon(writing, false);
  };

  /** Grants of which the newest revision has not reached the storage yet. */
  const unstored = new Set<string>();

  /** Of each grant that was put in, whether it was stored. */
  const lastWrites = new Map<string, Promise<boolean>>();

  const put = async (grant: Grant): Promise<boolean> => {
    const before = known.get(grant.id);
    const gone = removed.get(grant.id);
    if (gone && !isLaterSignIn(grant.revision, gone.revision)) return true;
    removed.delete(grant.id);
    if (before && before.revision >= grant.revision) return lastWrites.get(grant.id) ?? true;
    known.set(grant.id, grant);
    unstored.add(grant.id);
    missing.delete(grant.id);
    tell({ before, after: grant });
    // Always the newest: a retry that comes late must not write an old revision over a new one.
    const writing = persist(grant.id, async () => {
      const newest = known.get(grant.id);
      if (newest) await store.save(newest);
      if (known.get(grant.id) === newest) unstored.delete(grant.id);
    });
    lastWrites.set(grant.id, writing);
    return writing;
  };

  const forget = async (entry: Removal): Promise<boolean> => {
    const { id, removed: at } = entry;
    const before = known.get(id);
    removed.set(id, entry);
    known.delete(id);
    unstored.delete(id);
    missing.delete(id);
    if (before) tell({ before, after: undefined });
    for (const listener of removeListeners) listener(entry);
    return persist(id, () => store.remove(entry, at));
  };

  const endSignIn = async (entry: Removal): Promise<boolean> => {
    // So that whoever watches is told which sessions have gone.
    const grant = await soon(get(entry.id), undefined).catch(() => undefined);
    const gone = removed.get(entry.id);
    if (gone && laterEntry(gone, entry) === gone) return true;
    return (grant && isLaterSignIn(grant.revision, entry.revision)) || forget(entry);
  };
  store.onDidFindRemoval(entry => void endSignIn(entry));

  return {
    async ofProvider(providerId) {
      const index = await store.index();
      const list = lists.get(providerId);
      if (list?.index === index) return list.grants;
      const stored = index.filter(entry => entry.providerId === providerId && !entry.removed);
      await Promise.all(stored.map(entry => get(entry.id)));
      // Nothing is awaited from here on: every grant that can be had is known now, and no change is missed.
      const grants = [...known.values()]
        .filter(grant => grant.providerId === providerId)
        .sort((a, b) => b.tokens.receivedAt - a.tokens.receivedAt);
      lists.set(providerId, { index, grants });
      return grants;
    },
    get,
    async put(grant) {
      const gone = known.has(grant.id) ? undefined : await removalSoon(grant.id);
      return (gone && !isLaterSignIn(grant.revision, gone.revision)) || put(grant);
    },
    async update(id, change) {
      const current = await get(id);
      // Nothing is awaited from here to the change in memory, so that no other change is lost.
      const changed = current && change(current);
      if (!changed) return current && { grant: current, stored: true };
      const grant = { ...changed, id, revision: Math.max(changed.revision, current.revision + 1) };
      return { grant, stored: await put(grant) };
    },
    async remove(id, at) {
      const before = await get(id).catch(() => undefined);
      if (removed.has(id)) return true;
      const { providerId, revision } = before ?? { providerId: '', revision: 0 };
      return forget({ id, providerId, revision, removed: at });
    },
    async adoptRemoval(entry) {
      const before = await removalSoon(entry.id);
      return (before && laterEntry(before, entry) === before) || endSignIn(entry);
    },
    removal,
    answers: () => soon(store.answers(), false),
    inTime,
    async reread(id) {
      const reading = known.has(id) ? store.load(id).catch(() => undefined) : undefined;
      const stored = reading && (await soon(reading, undefined));
      if (stored) void put(stored);
      return known.get(id);
    },
    async entries() {
      const entries = new Map<string, IndexEntry>();
      for (const entry of await store.index())
        if (!missing.has(entry.id) || isRemoval(entry)) entries.set(entry.id, entry);
      for (const { id, providerId, revision } of known.values())
        entries.set(id, { id, providerId, revision });
      for (const [id, entry] of removed) entries.set(id, entry);
      return [...entries.values()];
    },
    stored: async id => (await lastWrites.get(id)) ?? true,
    isStored: id => !unstored.has(id),
    async written() {
      await Promise.all(writes);
    },
    known: () => [...known.values()],
    onDidChange: listener => listenIn(listeners, listener),
    onDidLoad: listener => listenIn(loadListeners, listener),
    onDidRemove: listener => listenIn(removeListeners, listener),
    onDidMiss: listener => listenIn(missListeners, listener),
  };
}

function listenIn<Listener>(listeners: Set<Listener>, listener: Listener): Cancel {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
