import { createEmitter } from '../../platform/emitter.ts';
import type { Grant, GrantChange } from '../grant/grant.ts';
import { isLaterSignIn } from '../grant/revisions.ts';
import { laterEntry, type IndexEntry, type Removal } from './grantIndex.ts';

/** What one window knows of grants now, without the storage behind it. Nothing here waits. */
export function createGrantMemory() {
  const known = new Map<string, Grant>();
  /** What this window removed, or learned was removed. The index holds what was removed before. */
  const removed = new Map<string, Removal>();
  /** Promised by the index, but not there. */
  const missing = new Set<string>();
  /** Grants whose newest revision hasn't reached the storage yet. */
  const unstored = new Set<string>();
  /** Of each provider, its grants as they were listed last, and the index by which they were. */
  const lists = new Map<string, { index: readonly IndexEntry[]; grants: readonly Grant[] }>();
  const changes = createEmitter<GrantChange>();
  const loads = createEmitter<Grant>();
  const removals = createEmitter<Removal>();
  const misses = createEmitter<string>();

  const changed = (change: GrantChange): void => {
    lists.clear();
    changes.fire(change);
  };

  return {
    known,
    removed,
    missing,
    unstored,
    changes,
    loads,
    removals,
    misses,
    /** The grants of a provider that weren't read yet. */
    unread: (wanted: string, index: readonly IndexEntry[]): IndexEntry[] =>
      index.filter(({ id, providerId, removed: ended }) => {
        const isOver = ended !== undefined || removed.has(id);
        return providerId === wanted && !isOver && !known.has(id) && !missing.has(id);
      }),
    /** @returns false if this sign-in was removed, or this revision or a later one is known. */
    put(grant: Grant): boolean {
      const before = known.get(grant.id);
      const gone = removed.get(grant.id);
      if (gone && !isLaterSignIn(grant.revision, gone.revision)) return false;
      removed.delete(grant.id);
      if (before && before.revision >= grant.revision) return false;
      known.set(grant.id, grant);
      unstored.add(grant.id);
      missing.delete(grant.id);
      changed({ before, after: grant });
      return true;
    },
    /** Takes over what was read from storage, unless something newer was put in meanwhile. @returns the newest. */
    loaded(id: string, grant: Grant | undefined, promised: IndexEntry | undefined): Grant | undefined {
      if (known.has(id) || removed.has(id)) return known.get(id);
      if (grant) {
        known.set(id, grant);
        lists.clear();
        loads.fire(grant);
      } else if (promised) missing.add(id);
      if (promised && grant?.revision !== promised.revision) misses.fire(id);
      return grant;
    },
    remove(entry: Removal): void {
      const before = known.get(entry.id);
      removed.set(entry.id, entry);
      known.delete(entry.id);
      unstored.delete(entry.id);
      missing.delete(entry.id);
      if (before) changed({ before, after: undefined });
      removals.fire(entry);
    },
    /** True if that removal, or a later event, is known already. */
    hasRemoval(entry: Removal): boolean {
      const gone = removed.get(entry.id);
      return gone !== undefined && laterEntry(gone, entry) === gone;
    },
    /** The grants of a provider, newest first: the same list until a grant, or the index, changes. */
    list(providerId: string, index: readonly IndexEntry[]): readonly Grant[] | undefined {
      const list = lists.get(providerId);
      return list?.index === index ? list.grants : undefined;
    },
    makeList(providerId: string, index: readonly IndexEntry[]): readonly Grant[] {
      const grants = [...known.values()]
        .filter(grant => grant.providerId === providerId)
        .sort((a, b) => b.tokens.receivedAt - a.tokens.receivedAt);
      lists.set(providerId, { index, grants });
      return grants;
    },
    /** All that is known, in the form of an index, over what the stored one says. */
    entries(index: readonly IndexEntry[]): IndexEntry[] {
      const entries = new Map<string, IndexEntry>();
      for (const entry of index)
        if (!missing.has(entry.id) || entry.removed !== undefined) entries.set(entry.id, entry);
      for (const { id, providerId, revision } of known.values())
        entries.set(id, { id, providerId, revision });
      for (const [id, entry] of removed) entries.set(id, entry);
      return [...entries.values()];
    },
  };
}
