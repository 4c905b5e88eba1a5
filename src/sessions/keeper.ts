import { secondsNow, type Cancel, type Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { Failure, mayHaveTakenEffect } from '../protocol/failure.ts';
import type { Tokens } from '../protocol/tokens.ts';
import { backOff, expiryOf, refreshDueAt } from './freshness.ts';
import type { Grant } from './grant.ts';
import type { GrantBook } from './grantBook.ts';

/** How a grant's tokens are doing, beside what is stored with the grant. */
export type TokenState =
  | { readonly kind: 'resting' }
  | { readonly kind: 'refreshing'; readonly result: Promise<Grant> }
  /** The server could not be asked: the tokens are kept, and it will be asked again. */
  | {
      readonly kind: 'offline';
      readonly failures: number;
      readonly retryAt: number;
      readonly reason: string;
    };

export interface KeeperOptions {
  readonly book: GrantBook;
  readonly clock: Clock;
  readonly log: Log;
  /** A random number from 0 to 1, for jitter. */
  random(): number;
  /**
   * Sends the grant's refresh token, once.
   *
   * @throws Failure. Anything else counts as passing trouble.
   */
  refresh(grant: Grant): Promise<Tokens>;
  /** The lifetime to assume for tokens of this grant whose server does not say, in seconds. */
  assumedLifetime(grant: Grant): number | undefined;
  /** False once another window has taken over: then no token may be sent any more. */
  isOwner(): boolean;
  /** Told once when a grant needs its person; `grant.signInNeeded` says why. */
  onSignInNeeded(grant: Grant): void;
}

/**
 * Keeps tokens fresh. It runs in one window only, the owner, because a refresh token must be sent once:
 * servers that rotate them take a second use for theft and end the whole sign-in (RFC 9700 section 4.14.2).
 */
export interface Keeper {
  /** Refreshes the grant when it is due, from now on. Call it for each grant as it becomes known. */
  watch(grant: Grant): void;
  /**
   * The grant with tokens later than those of `serial`; refreshed now unless they are. Callers share one
   * request.
   *
   * @returns the grant as it is if it cannot be refreshed now: offline, or in need of its person.
   */
  renew(grantId: string, serial: number): Promise<Grant | undefined>;
  state(grantId: string): TokenState;
  /** Ends all timers. A request under way is finished and its outcome stored. */
  dispose(): void;
}

const resting: TokenState = { kind: 'resting' };

export function createKeeper(options: KeeperOptions): Keeper {
  const { book, clock, log, random } = options;
  const states = new Map<string, TokenState>();
  const timers = new Map<string, Cancel>();
  let disposed = false;

  const state = (id: string): TokenState => states.get(id) ?? resting;

  const setTimer = (id: string, atSeconds: number): void => {
    timers.get(id)?.();
    if (disposed) return;
    timers.set(
      id,
      clock.after(Math.max(0, atSeconds * 1000 - clock.now()), () => {
        timers.delete(id);
        void renewById(id);
      }),
    );
  };

  const schedule = (grant: Grant): void => {
    timers.get(grant.id)?.();
    timers.delete(grant.id);
    if (!canRefresh(grant)) return;
    const current = state(grant.id);
    const expiresAt = expiryOf(grant.tokens, options.assumedLifetime(grant));
    // A token that may be spent already is not sent again while the access token still works: a server that
    // takes it for theft would end the access token too.
    const due =
      grant.refreshSentAt === undefined ? refreshDueAt(grant.tokens, expiresAt, random()) : expiresAt;
    const at = current.kind === 'offline' ? Math.max(due ?? 0, current.retryAt) : due;
    if (at !== undefined) setTimer(grant.id, at);
  };

  const renewById = async (id: string): Promise<void> => {
    const grant = await book.get(id);
    if (grant && canRefresh(grant)) await start(grant);
  };

  /** Joins the refresh under way, or begins one. Never rejects. */
  const start = (grant: Grant): Promise<Grant> => {
    const current = state(grant.id);
    if (current.kind === 'refreshing') return current.result;
    const failures = current.kind === 'offline' ? current.failures : 0;
    const result = attempt(grant, failures).finally(() => {
      void book.get(grant.id).then(newest => newest && schedule(newest));
    });
    states.set(grant.id, { kind: 'refreshing', result });
    return result;
  };

  const attempt = async (grant: Grant, failures: number): Promise<Grant> => {
    const intent = { ...grant, revision: grant.revision + 1, refreshSentAt: secondsNow(clock) };
    // The intent is stored before the token leaves, so that a crash in between is known about.
    await book.put(intent);
    // Asked as late as possible: nothing is awaited between this and the request.
    if (!options.isOwner() || (await book.get(grant.id))?.revision !== intent.revision) {
      states.set(grant.id, resting);
      return (await book.get(grant.id)) ?? grant;
    }
    try {
      const tokens = await options.refresh(intent);
      return await succeeded(intent, tokens);
    } catch (error) {
      return failed(intent, error, failures + 1);
    }
  };

  const succeeded = async (grant: Grant, tokens: Tokens): Promise<Grant> => {
    const renewed: Grant = {
      ...grant,
      revision: grant.revision + 1,
      grantedScopes: tokens.grantedScopes ?? grant.grantedScopes,
      tokens: {
        serial: grant.tokens.serial + 1,
        accessToken: tokens.accessToken,
        receivedAt: tokens.receivedAt,
        expiresAt: tokens.expiresAt,
        // Many servers send a new one only when they rotate it (RFC 6749 section 6).
        refreshToken: tokens.refreshToken ?? grant.tokens.refreshToken,
        idToken: tokens.idToken ?? grant.tokens.idToken,
      },
      refreshSentAt: undefined,
      signInNeeded: undefined,
    };
    states.set(grant.id, resting);
    // Stored before anybody gets the access token that came with it.
    const stored = await book.put(renewed);
    log.info('refreshed', {
      provider: grant.providerId,
      account: grant.account.label,
      rotated: tokens.refreshToken !== undefined,
      validSeconds: tokens.expiresAt && tokens.expiresAt - tokens.receivedAt,
      stored,
    });
    return renewed;
  };

  const failed = async (grant: Grant, error: unknown, failures: number): Promise<Grant> => {
    const failure = error instanceof Failure ? error : undefined;
    const fields = {
      provider: grant.providerId,
      account: grant.account.label,
      failure: failure?.code ?? 'unknown',
    };
    if (failure && !failure.passing && endsGrant(failure)) {
      const ended: Grant = {
        ...grant,
        revision: grant.revision + 1,
        refreshSentAt: undefined,
        signInNeeded: { reason: failure.message, since: secondsNow(clock) },
      };
      states.set(grant.id, resting);
      await book.put(ended);
      log.warn('sign-in needed', fields);
      options.onSignInNeeded(ended);
      return ended;
    }
    if (!mayHaveTakenEffect(error)) {
      await book.put({ ...grant, revision: grant.revision + 1, refreshSentAt: undefined });
    }
    const wait = backOff(failures, random(), failure?.retryAfter);
    states.set(grant.id, {
      kind: 'offline',
      failures,
      retryAt: secondsNow(clock) + wait,
      reason: failure?.message ?? 'The refresh failed.',
    });
    log.warn('not refreshed, trying again', { ...fields, failures, seconds: Math.round(wait) });
    return (await book.get(grant.id)) ?? grant;
  };

  return {
    watch: schedule,
    async renew(grantId, serial) {
      const grant = await book.get(grantId);
      if (!grant || grant.tokens.serial > serial || !canRefresh(grant)) return grant;
      const current = state(grantId);
      if (current.kind === 'offline' && secondsNow(clock) < current.retryAt) return grant;
      return start(grant);
    },
    state,
    dispose() {
      disposed = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

const canRefresh = (grant: Grant): boolean =>
  grant.tokens.refreshToken !== undefined && grant.signInNeeded === undefined;

/** Failures that are the server's last word on this refresh token, or on the tokens it gave for it. */
function endsGrant({ code }: Failure): boolean {
  return ['grant-refused', 'client-refused', 'request-refused', 'token-untrusted'].includes(code);
}
