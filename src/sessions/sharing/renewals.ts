import type { Clock } from '../../platform/clock.ts';
import { errorName, type Log } from '../../platform/log.ts';
import { serialOf } from '../grant/derived.ts';
import { tellingTimeout } from '../grant/fate.ts';
import type { Grant } from '../grant/grant.ts';
import { serialiseGrant } from '../store/storedGrant.ts';
import { whileRunning } from '../../platform/once.ts';
import type { GrantCache } from '../store/grantCache.ts';
import type { RefresherOptions } from '../refresh/refresherOptions.ts';
import type { GrantSync } from './grantSync.ts';
import type { Renewal } from './leaderCalls.ts';
import { received, renewalSchema } from './received.ts';
import { inTime, type Windows } from './windowCalls.ts';

/** How long to wait for the leader, in milliseconds. Longer if the provider is allowed to take longer. */
export const leaderTimeout = 20_000;

export interface RenewalsOptions {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly providers: RefresherOptions['providers'];
  readonly windows: Promise<Windows>;
  readonly sync: GrantSync;
}

/** Asks the leader. `revision` is that of the copy here. */
type Ask = (leader: Windows['leader'], revision: number) => Promise<Renewal>;

/** Gets later tokens from the leader. Without a leader in time, resolves with what this window has. */
export type Renewals = ReturnType<typeof createRenewals>;

export function createRenewals({ cache, clock, log, providers, windows, sync }: RenewalsOptions) {
  /** The running ones, shared by all callers with the same request. */
  const running = whileRunning<Grant | undefined>();

  const ask = async (id: string, call: Ask): Promise<Grant | undefined> => {
    const { leader } = await windows;
    for (let tries = 0; tries < 2; tries++) {
      const mine = await cache.get(id);
      if (!mine) return undefined;
      const answer = received(renewalSchema, await call(leader, mine.revision));
      if (answer.kind === 'grant') {
        const now = cache.peek(id);
        // The leader's own window had it first.
        if (now && serialiseGrant(now) === answer.text) return now;
        const adopted = sync.adopt(answer.text)?.grant;
        const known = await cache.get(id);
        return known && adopted && known.revision < adopted.revision ? adopted : known;
      }
      if (answer.kind === 'removed') {
        await sync.adoptRemoval(answer.removal);
        return undefined;
      }
      await leader.put(serialiseGrant(mine));
    }
    return cache.get(id);
  };

  const later = async (
    id: string,
    scopes: readonly string[] | undefined,
    serial: number,
    call: Ask,
    urgent = false,
  ): Promise<Grant | undefined> => {
    const mine = await cache.get(id);
    if (!mine || serialOf(mine, scopes) > serial) return mine;
    const slower = tellingTimeout(providers.of(mine)) - tellingTimeout(undefined);
    const patience = leaderTimeout + Math.max(0, slower) * 1000;
    return running(JSON.stringify([id, scopes, serial, urgent]), () =>
      inTime(clock, patience, ask(id, call)).catch((error: unknown) => {
        log.warn('the leading window did not renew a token', {
          provider: mine.providerId,
          reason: errorName(error),
        });
        return cache.get(id);
      }),
    );
  };

  return {
    /** As the refresher's. */
    renew: (id: string, serial: number, urgent = false): Promise<Grant | undefined> =>
      later(id, undefined, serial, (leader, revision) => leader.renew(id, serial, revision, urgent), urgent),
    /** As the refresher's. */
    derive: (id: string, scopes: readonly string[], serial: number): Promise<Grant | undefined> =>
      later(id, scopes, serial, (leader, revision) => leader.derive(id, scopes, serial, revision)),
  };
}
