import type { Cancel } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Comparing } from './comparison.ts';
import type { Grant } from '../grant/grant.ts';
import { parseGrant, serialiseGrant } from '../store/storedGrant.ts';
import type { GrantCache } from '../store/grantCache.ts';
import type { Removal } from '../store/grantIndex.ts';
import type { Leader } from '../../windows/leader.ts';
import { quietly, type WindowCalls, type Windows } from './windowCalls.ts';

export interface GrantSyncOptions {
  readonly cache: GrantCache;
  readonly log: Log;
  readonly comparing: Comparing;
  readonly windows: Promise<Windows>;
  /** What this window has while it leads. */
  leading(): Pick<Leader<WindowCalls>, 'broadcast' | 'others'> | undefined;
}

/** Announces what this window's cache learns to the others, and puts what they announce into the cache. */
export type GrantSync = ReturnType<typeof createGrantSync>;

export function createGrantSync({ cache, log, comparing, windows, leading }: GrantSyncOptions) {
  /** The revision of each grant that the leader announced last, which isn't announced back to it. */
  const heard = new Map<string, number>();
  /** The same of the sign-ins that were removed. */
  const heardRemovals = new Map<string, number>();
  /** The announcements that are in progress, by grant. */
  const syncs = new Map<string, Promise<unknown>>();

  const tellAbout = (id: string, promise: Promise<unknown>): void => {
    const told = quietly(log, promise, 'a change reached not every window; they will compare');
    syncs.set(id, told);
    void told.finally(() => {
      if (syncs.get(id) === told) syncs.delete(id);
    });
  };

  const watching: Cancel[] = [
    cache.onDidChange(({ after }) => {
      if (!after) return;
      const others = leading()?.others;
      if (others) tellAbout(after.id, others.grantChanged(serialiseGrant(after)));
      else if (heard.get(after.id) !== after.revision)
        tellAbout(
          after.id,
          windows.then(group => group.leader.put(serialiseGrant(after))),
        );
    }),
    cache.onDidRemove(removal => {
      const others = leading()?.others;
      if (others) tellAbout(removal.id, others.grantRemoved(removal));
      else if (heardRemovals.get(removal.id) !== removal.revision)
        tellAbout(
          removal.id,
          windows.then(group => group.leader.remove([removal])),
        );
    }),
    cache.onDidMiss(() => {
      const everybody = leading()?.broadcast;
      if (!everybody) comparing.again();
      else void quietly(log, everybody.compare(), 'the other windows cannot be asked for what is missing');
    }),
  ];

  return {
    /** Adopts a grant that another window has announced, or returns undefined if it isn't usable here. */
    adopt(text: string): { readonly grant: Grant; readonly stored: Promise<boolean> } | undefined {
      const parsed = parseGrant(text);
      if (parsed.kind !== 'grant') {
        log.warn('another window has a grant that cannot be used here', { kind: parsed.kind });
        return undefined;
      }
      heard.set(parsed.grant.id, parsed.grant.revision);
      return { grant: parsed.grant, stored: cache.put(parsed.grant) };
    },
    adoptRemoval(removal: Removal): Promise<boolean> {
      heardRemovals.set(removal.id, removal.revision);
      return cache.adoptRemoval(removal);
    },
    /** Resolves when the latest change of a grant has been told, as far as that is possible. */
    told: (grantId: string): Promise<unknown> => syncs.get(grantId) ?? Promise.resolve(),
    /** The same of all grants. */
    everythingTold: (): Promise<unknown> => Promise.all(syncs.values()),
    stop() {
      for (const end of watching) end();
    },
  };
}
