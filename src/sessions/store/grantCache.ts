import type { Clock } from '../../platform/clock.ts';
import type { Emitter } from '../../platform/emitter.ts';
import type { Log } from '../../platform/log.ts';
import { whileRunning } from '../../platform/once.ts';
import type { Grant, GrantChange } from '../grant/grant.ts';
import { isLaterSignIn } from '../grant/revisions.ts';
import { createClockFollower } from './followClock.ts';
import { isRemoval, laterEntry, type IndexEntry, type Removal } from './grantIndex.ts';
import { createGrantMemory } from './grantMemory.ts';
import type { GrantStore } from './grantStore.ts';
import { createStorageTimeout, createWrites, type StorageTimeout } from './storageAccess.ts';

/**
 * The grants as one window knows them: read from storage when first needed, then served from memory. What is put in
 * counts at once and is written later. A failing storage costs the permanence of a grant, never the grant.
 */
export interface GrantCache {
  /**
   * The grants of a provider, newest first. Reads each from storage at most once. It is the same list until a
   * grant changes.
   */
  ofProvider(providerId: string): Promise<readonly Grant[]>;
  get(id: string): Promise<Grant | undefined>;
  /**
   * Adds a grant, unless this revision or a later one is known or this sign-in has been removed.
   *
   * @returns true when it is stored, or false if storing failed, and will be retried, or takes long.
   */
  put(grant: Grant): Promise<boolean>;
  /**
   * Changes the current grant in one step and raises its revision.
   *
   * @param change receives the newest grant, and returns undefined to leave it as it is. A revision that it sets is
   * used if it is higher.
   * @param isOnlyWriter see {@link GrantStore.save}.
   * @returns the grant after the change and whether it is stored, or undefined if there is no such grant.
   */
  update(
    id: string,
    change: (current: Grant) => Grant | undefined,
    isOnlyWriter?: () => boolean,
  ): Promise<{ readonly grant: Grant; readonly stored: boolean } | undefined>;
  /** @returns true when it is gone from storage, or false if that failed: it won't be shown again in any case. */
  remove(id: string, at: number): Promise<boolean>;
  /**
   * Takes over that a grant was removed, which need not be known here. A later sign-in of it stays. Otherwise as
   * {@link remove}.
   */
  adoptRemoval(removal: Removal): Promise<boolean>;
  /** The removal of a grant, if it was removed. */
  removal(id: string): Promise<Removal | undefined>;
  /** False if the storage isn't readable, or takes long. */
  answers(): Promise<boolean>;
  /** For callers that must not wait for the storage: see {@link StorageTimeout}. */
  readonly inTime: StorageTimeout['inTime'];
  /**
   * Reads the storage again, which other windows might share, and adopts newer grants.
   *
   * @returns the newest there is. Never rejects: a failing storage has nothing newer.
   */
  reread(id: string): Promise<Grant | undefined>;
  /**
   * Adopts everything that other windows have written to the same storage, even if they couldn't announce it. Never
   * rejects, as {@link reread}.
   */
  lookAgain(): Promise<void>;
  /**
   * All grants that can be had here, with those that were removed, for comparing with other windows.
   *
   * @throws what the storage throws.
   */
  entries(): Promise<readonly IndexEntry[]>;
  /** Resolves when the current grant is stored, or with false if that failed, or takes long. */
  stored(id: string): Promise<boolean>;
  /** True if a grant as it is now is stored, as far as is known at this moment. */
  isStored(id: string): boolean;
  /** Resolves when the pending writes have ended, successfully or not. */
  written(): Promise<void>;
  /** The grants in memory now. */
  known(): readonly Grant[];
  /** One of them. */
  peek(id: string): Grant | undefined;
  /** Fires for each grant that is added, changed or removed, but not for one that is read from storage. */
  readonly onDidChange: Emitter<GrantChange>['on'];
  /** Fires for each grant that was signed out, here or elsewhere, known or not. */
  readonly onDidRemove: Emitter<Removal>['on'];
  /** Fires for each grant that was read from storage. */
  readonly onDidLoad: Emitter<Grant>['on'];
  /**
   * Fires for each grant that the index lists but the storage lacks, because another window might have it, and for each
   * that is later than the index says, because another window might lack it.
   */
  readonly onDidMiss: Emitter<string>['on'];
}

export function createGrantCache(store: GrantStore, clock: Clock, log: Log): GrantCache {
  const { inTime, soon } = createStorageTimeout(clock);
  const writes = createWrites(clock, log);
  const memory = createGrantMemory();
  const { known, removed, missing, unstored } = memory;
  const following = createClockFollower(clock, log, known, grant => put(grant));
  const loading = whileRunning<Grant | undefined>();
  /** Of each grant that was put in, whether it was stored. */
  const lastWrites = new Map<string, Promise<boolean>>();

  const removal = async (id: string): Promise<Removal | undefined> => {
    // The removal of a known grant is always reported here.
    if (known.has(id)) return undefined;
    const entry = removed.get(id) ?? (await store.entry(id));
    return entry && isRemoval(entry) ? entry : undefined;
  };

  /** As {@link removal}, of a storage that might fail or hang: then the grant counts as not removed. */
  const removalSoon = (id: string): Promise<Removal | undefined> =>
    soon(removal(id), undefined).catch(() => undefined);

  const read = async (id: string): Promise<Grant | undefined> => {
    if (await removal(id)) return undefined;
    const grant = await store.load(id);
    return memory.loaded(id, grant, await store.entry(id));
  };

  const get = following(async (id: string): Promise<Grant | undefined> => {
    if (removed.has(id)) return undefined;
    return known.get(id) ?? (missing.has(id) ? undefined : await loading(id, () => read(id)));
  });

  const put = following(async (grant: Grant, isOnlyWriter?: () => boolean): Promise<boolean> => {
    const { id } = grant;
    if (!memory.put(grant)) return lastWrites.get(id) ?? true;
    // Always the newest: a retry that comes late must not write an old revision over a new one.
    const save = async (): Promise<void> => {
      const newest = known.get(id);
      if (newest) await store.save(newest, isOnlyWriter);
      if (known.get(id) === newest) unstored.delete(id);
    };
    const stored = soon(writes.run(id, save, store.saveIndex), false);
    lastWrites.set(id, stored);
    return stored;
  });

  const forget = (entry: Removal): Promise<boolean> => {
    lastWrites.delete(entry.id);
    memory.remove(entry);
    const writing = writes.run(entry.id, () => store.remove(entry, entry.removed));
    return soon(writing, false);
  };

  const endSignIn = async (entry: Removal): Promise<boolean> => {
    // Read it first: listeners need to know which sessions have gone.
    const grant = await soon(get(entry.id), undefined).catch(() => undefined);
    if (memory.hasRemoval(entry)) return true;
    return (grant && isLaterSignIn(grant.revision, entry.revision)) || forget(entry);
  };

  const readAgain = async (id: string): Promise<void> => {
    const stored = await soon(store.load(id, known.get(id)), undefined).catch(() => undefined);
    if (stored) void put(stored);
  };
  store.onDidFind(entry => void (isRemoval(entry) ? endSignIn(entry) : readAgain(entry.id)));

  return {
    ofProvider: following(async providerId => {
      const index = await store.index();
      const list = memory.list(providerId, index);
      if (list) return list;
      await Promise.all(memory.unread(providerId, index).map(entry => get(entry.id)));
      // Nothing is awaited from here on: every grant that can be had is known now, and no change is missed.
      return memory.makeList(providerId, index);
    }),
    get,
    async put(grant) {
      const gone = known.has(grant.id) ? undefined : await removalSoon(grant.id);
      return (gone && !isLaterSignIn(grant.revision, gone.revision)) || put(grant);
    },
    async update(id, change, isOnlyWriter) {
      const current = await get(id);
      // Don't await anything from here to the change in memory: another change would be lost.
      const changed = current && change(current);
      if (!changed) return current && { grant: current, stored: true };
      const grant = { ...changed, id, revision: Math.max(changed.revision, current.revision + 1) };
      return { grant, stored: await put(grant, isOnlyWriter) };
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
      if (known.has(id)) await readAgain(id);
      return known.get(id);
    },
    lookAgain: () => soon(store.lookAgain(), undefined).catch(() => undefined),
    entries: async () => memory.entries(await store.index()),
    stored: async id => (await lastWrites.get(id)) ?? true,
    isStored: id => !unstored.has(id),
    // The next window can't know how the clock was set.
    written: following(writes.ended),
    known: () => [...known.values()],
    peek: following(id => known.get(id)),
    onDidChange: memory.changes.on,
    onDidLoad: memory.loads.on,
    onDidRemove: memory.removals.on,
    onDidMiss: memory.misses.on,
  };
}
