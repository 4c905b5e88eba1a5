import { secondsNow, type Cancel } from '../platform/clock.ts';
import { Failure, mayHaveTakenEffect } from '../protocol/failure.ts';
import type { Tokens } from '../protocol/tokens.ts';
import { learnFacts } from './accountFacts.ts';
import { accessTokenOf, refusalOf, serialOf, withDerived } from './derived.ts';
import { backOff, expiryOf, refreshDueAt } from './freshness.ts';
import { isRenewable, type Grant } from './grant.ts';
import type { KeeperOptions } from './keeperOptions.ts';
import { endsGrant, isUnchanged, refusesDerived, withDerivedToken, withMainToken } from './refreshOutcome.ts';
import { isSameSet } from './scopes.ts';

/** How a grant's tokens are doing, beside what is stored with the grant. */
export type TokenState =
  | { readonly kind: 'resting' }
  | {
      readonly kind: 'refreshing';
      readonly result: Promise<Grant | undefined>;
      /** Of the derived token that is asked for; undefined: the main one is. */
      readonly scopes: readonly string[] | undefined;
    }
  /** The server could not be asked: the tokens are kept, and it will be asked again. */
  | {
      readonly kind: 'offline';
      readonly failures: number;
      readonly retryAt: number;
      readonly reason: string;
    };

/**
 * Keeps the tokens of all grants in the book fresh. It runs in one window only, the owner, because a refresh
 * token must be sent once: servers that rotate them take a second use for theft and end the whole sign-in (RFC
 * 9700 section 4.14.2).
 *
 * A refresh token whose sending had no certain outcome (a crash, an answer that was lost) may be spent. While the
 * access token works it is not sent again: a server that takes it for theft would end the access token too. When
 * that has ended there is nothing left to lose, and it is sent once more: servers that did not see the first
 * request, or that forgive a repetition for a while, then answer with new tokens.
 */
export interface Keeper {
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

const resting: TokenState = { kind: 'resting' };

export function createKeeper(options: KeeperOptions): Keeper {
  const { book, clock, log, random } = options;
  const states = new Map<string, TokenState>();
  const timers = new Map<string, Cancel>();
  let disposed = false;

  const state = (id: string): TokenState => states.get(id) ?? resting;

  const setState = (id: string, next: TokenState): void => {
    states.set(id, next);
    // Trouble lasts until a refresh has succeeded or will not be tried again.
    if (next.kind === 'resting') options.onTroubleChange?.(id, undefined);
  };

  const canRefresh = (grant: Grant): boolean => hasWay(grant) && options.isConfigured(grant);

  const setTimer = (id: string, atSeconds: number): void => {
    timers.get(id)?.();
    if (disposed) return;
    timers.set(
      id,
      clock.after(Math.max(0, atSeconds * 1000 - clock.now()), () => {
        timers.delete(id);
        // If another token of the grant is being asked for, the next time is set when that is over.
        if (state(id).kind !== 'refreshing') void start(id, undefined);
      }),
    );
  };

  const schedule = (grant: Grant): void => {
    timers.get(grant.id)?.();
    timers.delete(grant.id);
    if (!canRefresh(grant)) return;
    const current = state(grant.id);
    const expiresAt = expiryOf(grant.tokens, options.assumedLifetime(grant));
    const late = options.refreshEndsAccessToken?.(grant);
    const due = mustWait(grant) ? expiresAt : refreshDueAt(grant.tokens, expiresAt, random(), late);
    const at = current.kind === 'offline' ? Math.max(due ?? 0, current.retryAt) : due;
    if (at !== undefined) setTimer(grant.id, at);
  };

  /** Begins a refresh; none is under way. Never rejects. */
  const start = (id: string, scopes: readonly string[] | undefined): Promise<Grant | undefined> => {
    const current = state(id);
    const failures = current.kind === 'offline' ? current.failures : 0;
    const result = attempt(id, scopes, failures).finally(() => {
      void book.get(id).then(grant => grant && schedule(grant));
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
      const grant = await book.get(id);
      if (disposed || !grant || serialOf(grant, scopes) > serial || !canRefresh(grant)) return grant;
      if (scopes && refusalOf(grant, scopes, secondsNow(clock)) !== undefined) return grant;
      const current = state(id);
      if (current.kind === 'refreshing') {
        if (isSameToken(current.scopes, scopes)) return current.result;
        // One after another: of two refresh requests at once, a server takes the second for theft.
        await current.result;
        continue;
      }
      if (mustWait(grant)) return grant;
      if (!urgent && current.kind === 'offline' && secondsNow(clock) < current.retryAt) return grant;
      // Tokens that end at once would otherwise be refreshed with every question.
      const token = accessTokenOf(grant, scopes);
      const isRenewed = token !== undefined && (scopes !== undefined || token.serial > 1);
      const { receivedAt = 0, expiresAt = Infinity } = token ?? {};
      if (isRenewed && expiresAt <= receivedAt && secondsNow(clock) <= receivedAt) return grant;
      return start(id, scopes);
    }
  };

  /** True if the refresh token may be spent, and must not be sent while the access token works. */
  const mustWait = (grant: Grant): boolean => {
    if (grant.refreshSentAt === undefined) return false;
    const grace = options.rotationGrace?.(grant) ?? 0;
    if (secondsNow(clock) < grant.refreshSentAt + grace) return false;
    const expiresAt = expiryOf(grant.tokens, options.assumedLifetime(grant));
    return expiresAt === undefined || secondsNow(clock) < expiresAt;
  };

  const attempt = async (
    id: string,
    scopes: readonly string[] | undefined,
    failures: number,
  ): Promise<Grant | undefined> => {
    const before = await book.get(id);
    if (before?.refreshSentAt !== undefined) await options.heardOthers?.();
    // Windows that this one does not hear of may share its storage.
    const newest = await book.reread(id);
    const isRefreshed = before && newest && serialOf(newest, scopes) > serialOf(before, scopes);
    if (newest && (isRefreshed || mustWait(newest))) {
      setState(id, resting);
      return newest;
    }
    // The intent is stored before the token leaves, so that a crash in between is known about.
    const sentAt = secondsNow(clock);
    const intent = await book.update(id, grant =>
      canRefresh(grant) && spendsToken(grant)
        ? { ...grant, refreshSentAt: grant.refreshSentAt ?? sentAt }
        : undefined,
    );
    if (!intent || !canRefresh(intent.grant)) {
      setState(id, resting);
      return intent?.grant;
    }
    try {
      return await succeeded(intent.grant, scopes, await options.refresh(intent.grant, checkOwner, scopes));
    } catch (error) {
      if (error instanceof NoLongerOwner) {
        setState(id, resting);
        return intent.grant;
      }
      return failed(intent.grant, scopes, error, failures + 1);
    }
  };

  const checkOwner = (): void => {
    if (!options.isOwner()) throw new NoLongerOwner();
  };

  const succeeded = async (
    sent: Grant,
    scopes: readonly string[] | undefined,
    tokens: Tokens,
  ): Promise<Grant | undefined> => {
    setState(sent.id, resting);
    // Whoever asked gets the access token when the refresh token that came with it is stored.
    const narrows = options.narrowsTokens?.(sent) ?? false;
    const renewed = await book.update(sent.id, grant =>
      isUnchanged(grant, sent)
        ? scopes
          ? withDerivedToken(grant, scopes, tokens, narrows)
          : withMainToken(grant, tokens)
        : undefined,
    );
    if (!renewed) {
      options.onOrphaned(sent, tokens);
      return undefined;
    }
    options.onRefreshed?.(renewed.grant, scopes);
    log.info('refreshed', {
      provider: sent.providerId,
      account: sent.account.label,
      derived: scopes && [...scopes],
      rotated: tokens.refreshToken !== undefined,
      validSeconds: tokens.expiresAt && tokens.expiresAt - tokens.receivedAt,
      stored: renewed.stored,
    });
    // A derived token may not be let in where the facts are.
    if (!scopes) void learnFacts(options, renewed.grant, tokens);
    return renewed.grant;
  };

  const failed = async (
    sent: Grant,
    scopes: readonly string[] | undefined,
    error: unknown,
    failures: number,
  ): Promise<Grant | undefined> => {
    const failure = error instanceof Failure ? error : undefined;
    const fields = {
      provider: sent.providerId,
      account: sent.account.label,
      failure: failure?.code ?? 'unknown',
    };
    const unchanged = (grant: Grant): boolean => isUnchanged(grant, sent);

    if (failure && scopes && refusesDerived(failure, sent, scopes)) {
      setState(sent.id, resting);
      const since = secondsNow(clock);
      const entry = { kind: 'refused', scopes, since, reason: failure.message } as const;
      // It stays noted that the refresh token was sent: there are servers that spend it and then refuse.
      const kept = await book.update(sent.id, grant =>
        unchanged(grant) ? { ...grant, derived: withDerived(grant, entry) } : undefined,
      );
      log.warn('derived token refused', { ...fields, scopes: [...scopes] });
      return kept?.grant;
    }
    if (failure && endsGrant(failure)) {
      await book.reread(sent.id);
      setState(sent.id, resting);
      const signInNeeded = { reason: failure.message, since: secondsNow(clock) };
      const ended = await book.update(sent.id, grant =>
        unchanged(grant) ? { ...grant, refreshSentAt: undefined, signInNeeded } : undefined,
      );
      if (ended?.grant.signInNeeded !== signInNeeded) return ended?.grant;
      log.warn('sign-in needed', fields);
      options.onSignInNeeded(ended.grant);
      return ended.grant;
    }

    const wait = backOff(failures, random(), failure?.retryAfter);
    const retryAt = secondsNow(clock) + wait;
    const reason = failure?.message ?? 'The refresh failed.';
    setState(sent.id, { kind: 'offline', failures, retryAt, reason });
    log.warn('not refreshed, trying again', { ...fields, failures, seconds: Math.round(wait) });
    if (failures === 1) options.onTrouble?.(sent, reason);
    // A token that certainly was not used can be sent again at any time; any other waits, see schedule().
    const kept = await book.update(sent.id, grant =>
      unchanged(grant) && !mayHaveTakenEffect(error) ? { ...grant, refreshSentAt: undefined } : undefined,
    );
    const waitsFor =
      kept && mustWait(kept.grant)
        ? expiryOf(kept.grant.tokens, options.assumedLifetime(kept.grant))
        : undefined;
    options.onTroubleChange?.(sent.id, { reason, retryAt: Math.max(retryAt, waitsFor ?? 0) });
    return kept?.grant;
  };

  const watching = [
    book.onDidLoad(schedule),
    book.onDidChange(({ before, after }) => {
      if (after) return schedule(after);
      const id = before?.id ?? '';
      timers.get(id)?.();
      timers.delete(id);
      states.delete(id);
      options.onTroubleChange?.(id, undefined);
    }),
  ];
  for (const grant of book.known()) schedule(grant);

  return {
    renew: (grantId, serial, urgent = false) => ask(grantId, undefined, serial, urgent),
    derive: (grantId, scopes, serial) => ask(grantId, scopes, serial, false),
    state,
    async idle() {
      for (const current of [...states.values()]) if (current.kind === 'refreshing') await current.result;
    },
    dispose() {
      disposed = true;
      for (const end of watching) end();
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

/** Another window has taken over, and with it this refresh. */
class NoLongerOwner extends Error {}

const hasWay = (grant: Grant): boolean =>
  isRenewable(grant) && (grant.signInNeeded === undefined || grant.signInNeeded.accountRefused === true);

/** A client that signs in by itself spends nothing: what it asked for, it can always ask for again. */
const spendsToken = ({ binding }: Grant): boolean => binding.machine === undefined;

const isSameToken = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  a && b ? isSameSet(a, b) : a === b;
