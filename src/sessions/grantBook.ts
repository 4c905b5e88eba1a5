import type { Cancel, Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Grant } from './grant.ts';
import type { GrantStore, IndexEntry } from './grantStore.ts';

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
export interface GrantBook {
  /** The grants of a provider, newest first. Reads each from storage at most once. */
  ofProvider(providerId: string): Promise<readonly Grant[]>;
  get(id: string): Promise<Grant | undefined>;
  /**
   * Takes a grant over, unless a newer revision is known or it has been removed.
   *
   * @returns when it is stored, true; false if storing failed and will be tried again.
   */
  put(grant: Grant): Promise<boolean>;
  /**
   * Changes a grant as it is now, in one step; the revision counts up by itself.
   *
   * @param change gets the newest grant; returns undefined to leave it as it is.
   * @returns the grant after the change and whether it is stored; undefined if there is no such grant.
   */
  update(
    id: string,
    change: (current: Grant) => Grant | undefined,
  ): Promise<{ readonly grant: Grant; readonly stored: boolean } | undefined>;
  /** @returns when it is gone from storage, true; false if that failed: it will not be shown again anyway. */
  remove(id: string, at: number): Promise<boolean>;
  /** Everything the index knows, for comparing with other windows. */
  entries(): Promise<readonly IndexEntry[]>;
  /** The grants in memory now. */
  known(): readonly Grant[];
  /** Told of each grant that comes, changes or goes; not of one that is read from storage. */
  onDidChange(listener: (change: GrantChange) => void): Cancel;
  /** Told of each grant that was read from storage. */
  onDidLoad(listener: (grant: Grant) => void): Cancel;
}

/** After a failed write, the next try follows after this many seconds, then after twice as many, … */
const firstRetry = 5;
const longestRetry = 600;

export function createGrantBook(store: GrantStore, clock: Clock, log: Log): GrantBook {
  const known = new Map<string, Grant>();
  /** Loads under way, so that two callers cause one read. */
  const loading = new Map<string, Promise<Grant | undefined>>();
  const removed = new Set<string>();
  const listeners = new Set<(change: GrantChange) => void>();
  const loadListeners = new Set<(grant: Grant) => void>();

  const tell = (change: GrantChange): void => {
    for (const listener of listeners) listener(change);
  };

  const load = (id: string): Promise<Grant | undefined> => {
    const running = loading.get(id);
    if (running) return running;
    const reading = store.load(id).then(
      grant => {
        // What was put in while the storage was read is newer.
        if (grant && !known.has(id) && !removed.has(id)) {
          known.set(id, grant);
          for (const listener of loadListeners) listener(grant);
        }
        return known.get(id);
      },
      (error: unknown) => {
        loading.delete(id);
        throw error;
      },
    );
    loading.set(id, reading);
    return reading;
  };

  const get = async (id: string): Promise<Grant | undefined> => {
    if (removed.has(id)) return undefined;
    return known.get(id) ?? (await load(id));
  };

  const persist = async (id: string, write: () => Promise<void>, retry = firstRetry): Promise<boolean> => {
    try {
      await write();
      return true;
    } catch {
      log.error('secret storage failed to write; trying again', { grant: id, seconds: retry });
      clock.after(retry * 1000, () => void persist(id, write, Math.min(retry * 2, longestRetry)));
      return false;
    }
  };

  const put = async (grant: Grant): Promise<boolean> => {
    const before = known.get(grant.id);
    if (removed.has(grant.id) || (before && before.revision >= grant.revision)) return true;
    known.set(grant.id, grant);
    tell({ before, after: grant });
    // Always the newest: a retry that comes late must not write an old revision over a new one.
    return persist(grant.id, async () => {
      const newest = known.get(grant.id);
      if (newest) await store.save(newest);
    });
  };

  return {
    async ofProvider(providerId) {
      const stored = (await store.index()).filter(entry => entry.providerId === providerId && !entry.removed);
      const ids = new Set([
        ...stored.map(entry => entry.id),
        ...[...known.values()].filter(grant => grant.providerId === providerId).map(grant => grant.id),
      ]);
      const grants = await Promise.all([...ids].map(get));
      return grants
        .filter(grant => grant !== undefined)
        .sort((a, b) => b.tokens.receivedAt - a.tokens.receivedAt);
    },
    get,
    put,
    async update(id, change) {
      const current = await get(id);
      // Nothing is awaited from here to the change in memory, so that no other change is lost.
      const changed = current && change(current);
      if (!changed) return current && { grant: current, stored: true };
      const grant = { ...changed, id, revision: current.revision + 1 };
      return { grant, stored: await put(grant) };
    },
    async remove(id, at) {
      const before = await get(id).catch(() => undefined);
      if (removed.has(id)) return true;
      removed.add(id);
      known.delete(id);
      if (before) tell({ before, after: undefined });
      const { providerId, revision } = before ?? { providerId: '', revision: 0 };
      return persist(id, () => store.remove({ id, providerId, revision }, at));
    },
    entries: () => store.index(),
    known: () => [...known.values()],
    onDidChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onDidLoad(listener) {
      loadListeners.add(listener);
      return () => loadListeners.delete(listener);
    },
  };
}
