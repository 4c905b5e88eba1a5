import { secondsNow, type Cancel, type Clock } from '../../platform/clock.ts';
import { fateOf, overdueAt, overdueTimeout, type Fate } from '../grant/fate.ts';
import type { Log } from '../../platform/log.ts';
import type { Grant } from '../grant/grant.ts';
import type { Memories } from '../refresh/memories.ts';
import type { RefresherOptions } from '../refresh/refresherOptions.ts';
import type { GrantCache } from '../store/grantCache.ts';
import type { Renewals } from './renewals.ts';
import { quietly, type Windows } from './windowCalls.ts';

export interface OverdueOptions {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly providers: RefresherOptions['providers'];
  readonly memories: Pick<Memories, 'of' | 'onDidChange'>;
  readonly renew: Renewals['renew'];
  readonly log: Log;
  readonly windows: Promise<Windows>;
  /** Whether this window leads. A leader has timers of its own. */
  readonly leading: { readonly now: unknown };
}

/** The shortest pause between two questions to the leader about the same tokens, in seconds. */
const pause = 300;

/**
 * Lets a window that doesn't keep the tokens make sure that they are kept. Requests tokens that should have arrived
 * automatically: see {@link overdueAt}. This detects a leader that hangs, which is then replaced. As long as it works,
 * none of these timers fires.
 */
export function watchOverdue(options: OverdueOptions) {
  const { cache, clock, providers, memories, renew, leading } = options;
  const timers = new Map<string, Cancel>();

  const stop = (id: string): void => {
    timers.get(id)?.();
    timers.delete(id);
  };

  const fateNow = (grant: Grant): Fate =>
    fateOf(grant, providers.of(grant), memories.of(grant.id), secondsNow(clock));
  const overdue = (grant: Grant): number | undefined => overdueAt(fateNow(grant));

  // The leader has just learned about it, too.
  const watch = (grant: Grant, least = overdueTimeout): void => {
    const { id } = grant;
    stop(id);
    const at = overdue(grant);
    if (at === undefined) return;
    const look = (): void => {
      timers.delete(id);
      const known = cache.peek(id);
      const isDue = known && (overdue(known) ?? Infinity) <= secondsNow(clock);
      if (isDue && !leading.now) void renew(id, known.tokens.serial);
      if (known) watch(known, isDue ? pause : 1);
    };
    timers.set(id, clock.after(Math.max(least * 1000, at * 1000 - clock.now()), look));
  };

  const watching = [
    cache.onDidLoad(grant => watch(grant)),
    cache.onDidChange(({ before, after }) => (after ? watch(after) : stop(before?.id ?? ''))),
    memories.onDidChange(id => {
      const grant = cache.peek(id);
      if (grant) watch(grant);
    }),
  ];
  return {
    /** See {@link Sharing} (sharing.ts). */
    rouse() {
      const roused = options.windows.then(group => group.leader.rouse());
      void quietly(options.log, roused, 'nobody tries again');
    },
    stop() {
      for (const end of watching) end();
      for (const id of [...timers.keys()]) stop(id);
    },
  };
}
