import { secondsNow, type Cancel } from '../../platform/clock.ts';
import { accessTokenOf, refusalOf, serialOf } from '../grant/derived.ts';
import { expiryOf, refreshDueAt } from '../grant/freshness.ts';
import type { Grant } from '../grant/grant.ts';
import type { RefresherOptions } from './refresherOptions.ts';
import { createRefreshAttempt } from './refreshAttempt.ts';
import { isSameSet } from '../grant/scopes.ts';
import { canRefresh, mustWait } from './sendingRules.ts';
import { resting, type TokenState } from './tokenState.ts';

/**
 * Keeps the tokens of all grants in the cache fresh. It runs in one window only, the owner, because a refresh
 * token must be sent once: servers that rotate them take a second use for theft and end the whole sign-in (RFC
 * 9700 section 4.14.2).
 *
 * A refresh token whose sending had no certain outcome (a crash, an answer that was lost) may be spent. While the
 * access token works it is not sent again: a server that takes it for theft would end the access token too. When
 * that has ended there is nothing left to lose, and it is sent once more: servers that did not see the first
 * request, or that forgive a repetition for a while, then answer with new tokens.
 */
export interface TokenRefresher {
  /**
   * The grant with tokens later than those of `serial`; refreshed now unless they are. Callers share one
   * request.
   *
   * @param urgent a person asks: a refresh that failed is tried again at once, not only when its time has come.
   * @returns the grant as it is if it cannot be refreshed now: offline, or in need of its person.
   */
  renew(grantId: string, serial: number, urgent?: boolean): Promise<Grant | undefined>;
  /**
   * As `renew`, for the derived token of these scopes; `serial` is 0 if there is none yet. It is got when it is asked
   * for, and never by itself. Never is more than one request of a grant under way.
   *
   * @returns the grant as it is, without a later token, also if the server refuses it: see `refusalOf`. That ends no
   * grant, unless it is the refresh token that is refused.
   */
  derive(grantId: string, scopes: readonly string[], serial: number): Promise<Grant | undefined>;
  state(grantId: string): TokenState;
  /** Ends all timers. A request under way is finished and its outcome stored. */
  dispose(): void;
  /** Resolves when no request is under way. */
  idle(): Promise<void>;
}

export function createTokenRefresher(options: RefresherOptions): TokenRefresher {
  const { cache, clock, providers, random } = options;
  const states = new Map<string, TokenState>();
  const timers = new Map<string, Cancel>();
  const ending = new AbortController();

  const state = (id: string): TokenState => states.get(id) ?? resting;

  const setState = (id: string, next: TokenState): void => {
    states.set(id, next);
    // Trouble lasts until a refresh has succeeded or will not be tried again.
    if (next.kind === 'resting') options.reports.onTroubleChange(id, undefined);
  };

  const attempt = createRefreshAttempt(options, setState, ending.signal);

  const setTimer = (id: string, atSeconds: number): void => {
    timers.get(id)?.();
    if (ending.signal.aborted) return;
    timers.set(
      id,
      clock.after(Math.max(0, atSeconds * 1000 - clock.now()), () => {
        timers.delete(id);
        // If another token of the grant is being asked for, the next time is set when that is over.
        if (state(id).kind !== 'refreshing') void start(id, undefined, false);
      }),
    );
  };

  const schedule = (grant: Grant): void => {
    timers.get(grant.id)?.();
    timers.delete(grant.id);
    if (!canRefresh(grant, options)) return;
    const current = state(grant.id);
    const provider = providers.of(grant);
    const expiresAt = expiryOf(grant.tokens, provider?.assumedTokenLifetime);
    const late = provider?.refreshEndsAccessToken;
    const due = mustWait(grant, options) ? expiresAt : refreshDueAt(grant.tokens, expiresAt, random(), late);
    const at = 'retryAt' in current ? Math.max(due ?? 0, current.retryAt) : due;
    if (at !== undefined) setTimer(grant.id, at);
  };

  /** Begins a refresh; none is under way. @param asked whether somebody waits for it. Never rejects. */
  const start = (
    id: string,
    scopes: readonly string[] | undefined,
    asked: boolean,
  ): Promise<Grant | undefined> => {
    const current = state(id);
    const failures = current.kind === 'offline' ? current.failures : 0;
    const result = attempt(id, scopes, failures, asked).finally(() => {
      void cache.get(id).then(grant => grant && schedule(grant));
    });
    setState(id, { kind: 'refreshing', result, scopes });
    return result;
  };

  const ask = async (
    id: string,
    scopes: readonly string[] | undefined,
    serial: number,
    urgent: boolean,
  ): Promise<Grant | undefined> => {
    for (;;) {
      const grant = await cache.get(id);
      if (ending.signal.aborted || !grant || serialOf(grant, scopes) > serial || !canRefresh(grant, options))
        return grant;
      if (scopes && refusalOf(grant, scopes, secondsNow(clock)) !== undefined) return grant;
      const current = state(id);
      if (current.kind === 'refreshing') {
        const result = await current.result;
        // One after another: of two refresh requests at once, a server takes the second for theft. And what was
        // put off because nobody had asked for it is asked for now.
        if (!isSameToken(current.scopes, scopes) || state(id).kind === 'unstorable') continue;
        return result;
      }
      if (mustWait(grant, options)) return grant;
      if (!urgent && current.kind === 'offline' && secondsNow(clock) < current.retryAt) return grant;
      // Tokens that end at once would otherwise be refreshed with every question.
      const token = accessTokenOf(grant, scopes);
      const isRenewed = token !== undefined && (scopes !== undefined || token.serial > 1);
      const { receivedAt = 0, expiresAt = Infinity } = token ?? {};
      if (isRenewed && expiresAt <= receivedAt && secondsNow(clock) <= receivedAt) return grant;
      return start(id, scopes, true);
    }
  };

  const scheduleAll = (): void => {
    for (const grant of cache.known()) schedule(grant);
  };

  const watching = [
    // One came, went, or is to be treated differently.
    providers.onDidChange(scheduleAll),
    cache.onDidLoad(schedule),
    cache.onDidChange(({ before, after }) => {
      if (after) return schedule(after);
      const id = before?.id ?? '';
      timers.get(id)?.();
      timers.delete(id);
      states.delete(id);
      options.reports.onTroubleChange(id, undefined);
    }),
  ];
  scheduleAll();

  return {
    renew: (grantId, serial, urgent = false) => ask(grantId, undefined, serial, urgent),
    derive: (grantId, scopes, serial) => ask(grantId, scopes, serial, false),
    state,
    async idle() {
      const ended = new Set<unknown>();
      // One that begins meanwhile counts too.
      const underWay = () =>
        [...states.values()].find(current => current.kind === 'refreshing' && !ended.has(current.result));
      for (let current = underWay(); current?.kind === 'refreshing'; current = underWay()) {
        ended.add(current.result);
        await current.result;
      }
    },
    dispose() {
      ending.abort();
      for (const end of watching) end();
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

const isSameToken = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  a && b ? isSameSet(a, b) : a === b;
