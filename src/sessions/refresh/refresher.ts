import { secondsNow, type Cancel } from '../../platform/clock.ts';
import { endToldAt } from '../grant/ending.ts';
import type { Step } from '../grant/events.ts';
import { fateOf } from '../grant/fate.ts';
import type { Which } from '../grant/memory.ts';
import type { Grant } from '../grant/grant.ts';
import { createAttempt, createHappenings } from './attempt.ts';
import type { RefresherOptions } from './refresherOptions.ts';

/**
 * Keeps the tokens of all grants in the cache current. It runs in one window only, the leader, because a refresh token
 * must be sent once: servers that rotate them treat a second use as theft and end the whole sign-in (RFC 9700 section
 * 4.14.2). `step` decides what to do when. This carries it out.
 */
export interface TokenRefresher {
  /**
   * Returns the grant with tokens later than those of `serial`, and refreshes it now if it has none. Callers share one
   * request.
   *
   * @param urgent a user requests it: a failed refresh is retried at once, not only when its time has come.
   * @returns the unchanged grant if it can't be refreshed now: offline, or in need of its user.
   */
  renew(grantId: string, serial: number, urgent?: boolean): Promise<Grant | undefined>;
  /**
   * As `renew`, for the derived token of these scopes. `serial` is 0 if there is none yet. It is fetched on demand. A
   * grant never has more than one pending request.
   *
   * @returns the unchanged grant, without a later token, even if the server refuses it: see `refusalOf`.
   */
  derive(grantId: string, scopes: readonly string[], serial: number): Promise<Grant | undefined>;
  /** Retries at once what was in trouble: what it lacked might be there now. */
  reconsider(): void;
  /** Retries what is in trouble, at most once in a few seconds: the obstacle might be gone. */
  rouse(): void;
  /** Ends all timers. A pending request is finished and its outcome stored. */
  dispose(): void;
  /** Resolves when no request is pending. */
  idle(): Promise<void>;
}

/** A timer that is later than this, in milliseconds, tells that the computer was asleep. */
const sleepLimit = 10_000;

export function createTokenRefresher(options: RefresherOptions): TokenRefresher {
  const { cache, clock, providers, memories } = options;
  const happenings = createHappenings(options);
  const { requests, leaving, happen } = happenings;
  const run = createAttempt(options, happenings);
  const timers = new Map<string, Cancel>();
  const results = new Map<string, Promise<Grant | undefined>>();

  /** Begins a request. Nothing must be awaited since `first` was taken. */
  const start = (id: string, first: Step): Promise<Grant | undefined> => {
    const wasInTrouble = memories.of(id).trouble !== undefined;
    const result = run(id, first).finally(() => {
      // The next one might have begun while the outcome was stored.
      if (results.get(id) === result) {
        results.delete(id);
        requests.delete(id);
      }
      void cache.get(id).then(grant => grant && schedule(grant));
      // If one provider is back, others might be, too.
      if (wasInTrouble && !memories.of(id).trouble) rouse();
    });
    results.set(id, result);
    return result;
  };

  const ask = async (
    id: string,
    which: Which,
    serial: number,
    urgent: boolean,
  ): Promise<Grant | undefined> => {
    for (;;) {
      const grant = await cache.get(id);
      const taken = happen(id, grant, { kind: 'asked', which, serial, urgent });
      if (taken.next.do === 'nothing') return grant;
      if (taken.next.do !== 'wait') return start(id, taken);
      const result = await results.get(id);
      if (!taken.next.again) return result;
    }
  };

  /** Sets the timer for what comes next. @param least in milliseconds. */
  const schedule = (grant: Grant, least = 0): void => {
    const { id } = grant;
    timers.get(id)?.();
    timers.delete(id);
    const memory = { ...memories.of(id), request: requests.get(id) };
    const policy = providers.of(grant);
    const nextAt = fateOf(grant, policy, memory, secondsNow(clock)).nextAt ?? endToldAt(grant, policy);
    if (nextAt === undefined || leaving.signal.aborted) return;
    const wake = async (): Promise<void> => {
      timers.delete(id);
      // The timers of a computer that sleeps stand still.
      if (clock.now() > Math.max(nextAt * 1000, set + least) + sleepLimit) rouse();
      const known = await cache.get(id);
      const taken = happen(id, known, { kind: 'timer' });
      if (taken.next.do !== 'nothing') await start(id, taken);
      // The clock might have been set back.
      else if (known) schedule(known, 1000);
    };
    const set = clock.now();
    timers.set(
      id,
      clock.after(Math.max(least, nextAt * 1000 - clock.now()), () => void wake()),
    );
  };

  const toAll = (kind: 'provider-changed' | 'roused') => (): void => {
    for (const grant of cache.known()) {
      happen(grant.id, grant, { kind });
      schedule(grant);
    }
  };
  const reconsider = toAll('provider-changed');
  const rouse = toAll('roused');

  const watching = [
    providers.onDidChange(reconsider),
    cache.onDidLoad(grant => schedule(grant)),
    cache.onDidChange(({ before, after }) => {
      const id = after?.id ?? before?.id ?? '';
      happen(id, after, { kind: 'changed' });
      if (after) return schedule(after);
      timers.get(id)?.();
      timers.delete(id);
    }),
  ];
  for (const grant of cache.known()) schedule(grant);

  return {
    renew: (grantId, serial, urgent = false) => ask(grantId, undefined, serial, urgent),
    derive: (grantId, scopes, serial) => ask(grantId, scopes, serial, false),
    reconsider,
    rouse,
    async idle() {
      // One that begins meanwhile counts too.
      while (results.size > 0) await Promise.all(results.values());
    },
    dispose() {
      leaving.abort();
      for (const end of watching) end();
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}
