import { secondsNow, type Cancel } from '../platform/clock.ts';
import { Failure, mayHaveTakenEffect } from '../protocol/failure.ts';
import type { Tokens } from '../protocol/tokens.ts';
import { learnFacts, type FactSources } from './accountFacts.ts';
import { backOff, expiryOf, refreshDueAt } from './freshness.ts';
import { isRenewable, type Grant } from './grant.ts';
import type { Trouble } from './troubles.ts';

/** How a grant's tokens are doing, beside what is stored with the grant. */
export type TokenState =
  | { readonly kind: 'resting' }
  | { readonly kind: 'refreshing'; readonly result: Promise<Grant | undefined> }
  /** The server could not be asked: the tokens are kept, and it will be asked again. */
  | {
      readonly kind: 'offline';
      readonly failures: number;
      readonly retryAt: number;
      readonly reason: string;
    };

export interface KeeperOptions extends FactSources {
  /** A random number from 0 to 1, for jitter. */
  random(): number;
  /**
   * Sends the grant's refresh token, once; or asks for new tokens without one, where the client signs in by
   * itself.
   *
   * @param beforeSending to be called right before the request, with nothing awaited in between. It throws
   * if the token may not be sent any more.
   * @throws Failure, or what `beforeSending` threw. Anything else counts as passing trouble.
   */
  refresh(grant: Grant, beforeSending: () => void): Promise<Tokens>;
  /** True if the grant's provider is configured as it was when the grant was signed in. */
  isConfigured(grant: Grant): boolean;
  /** The lifetime to assume for tokens of this grant whose server does not say, in seconds. */
  assumedLifetime(grant: Grant): number | undefined;
  /**
   * For how long after a refresh token was spent the server still takes it, in seconds; by default 0. Within that
   * time a lost answer costs nothing.
   */
  rotationGrace?(grant: Grant): number;
  /** True if a refresh ends the old access token at once. */
  refreshEndsAccessToken?(grant: Grant): boolean;
  /** False once another window has taken over: then no token may be sent any more. */
  isOwner(): boolean;
  /**
   * Resolves when every window that was there before this one began to keep the tokens has had the time to say
   * what it knows: one of them may have the answer to a request whose sender died.
   */
  heardOthers?(): Promise<void>;
  /** Told of new tokens. */
  onRefreshed?(grant: Grant): void;
  /** Told of the first of several refreshes in a row that failed for now; the tokens are kept. */
  onTrouble?(grant: Grant, reason: string): void;
  /** Told of each refresh that failed for now, and (undefined) when that is over; maybe more often than it changes. */
  onTroubleChange?(grantId: string, trouble: Trouble | undefined): void;
  /** Told of tokens that arrived for a grant that was signed out meanwhile: nobody will use them. */
  onOrphaned(grant: Grant, tokens: Tokens): void;
}

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
        void start(id);
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

  /** Joins the refresh under way, or begins one. Never rejects. */
  const start = (id: string): Promise<Grant | undefined> => {
    const current = state(id);
    if (current.kind === 'refreshing') return current.result;
    const failures = current.kind === 'offline' ? current.failures : 0;
    const result = attempt(id, failures).finally(() => {
      void book.get(id).then(grant => grant && schedule(grant));
    });
    setState(id, { kind: 'refreshing', result });
    return result;
  };

  /** True if the refresh token may be spent, and must not be sent while the access token works. */
  const mustWait = (grant: Grant): boolean => {
    if (grant.refreshSentAt === undefined) return false;
    const grace = options.rotationGrace?.(grant) ?? 0;
    if (secondsNow(clock) < grant.refreshSentAt + grace) return false;
    const expiresAt = expiryOf(grant.tokens, options.assumedLifetime(grant));
    return expiresAt === undefined || secondsNow(clock) < expiresAt;
  };

  const attempt = async (id: string, failures: number): Promise<Grant | undefined> => {
    const before = await book.get(id);
    if (before?.refreshSentAt !== undefined) await options.heardOthers?.();
    // Windows that this one does not hear of may share its storage.
    const newest = await book.reread(id);
    const isRefreshed = before && newest && newest.tokens.serial > before.tokens.serial;
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
      return await succeeded(intent.grant, await options.refresh(intent.grant, checkOwner));
    } catch (error) {
      if (error instanceof NoLongerOwner) {
        setState(id, resting);
        return intent.grant;
      }
      return failed(intent.grant, error, failures + 1);
    }
  };

  const checkOwner = (): void => {
    if (!options.isOwner()) throw new NoLongerOwner();
  };

  const succeeded = async (sent: Grant, tokens: Tokens): Promise<Grant | undefined> => {
    setState(sent.id, resting);
    // Whoever asked gets the access token when the refresh token that came with it is stored.
    const renewed = await book.update(sent.id, grant => {
      if (grant.tokens.serial !== sent.tokens.serial) return undefined;
      return {
        ...grant,
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
        signInNeeded: grant.signInNeeded?.accountRefused ? grant.signInNeeded : undefined,
      };
    });
    if (!renewed) {
      options.onOrphaned(sent, tokens);
      return undefined;
    }
    options.onRefreshed?.(renewed.grant);
    log.info('refreshed', {
      provider: sent.providerId,
      account: sent.account.label,
      rotated: tokens.refreshToken !== undefined,
      validSeconds: tokens.expiresAt && tokens.expiresAt - tokens.receivedAt,
      stored: renewed.stored,
    });
    void learnFacts(options, renewed.grant, tokens);
    return renewed.grant;
  };

  const failed = async (sent: Grant, error: unknown, failures: number): Promise<Grant | undefined> => {
    const failure = error instanceof Failure ? error : undefined;
    const fields = {
      provider: sent.providerId,
      account: sent.account.label,
      failure: failure?.code ?? 'unknown',
    };
    const unchanged = (grant: Grant): boolean => grant.tokens.serial === sent.tokens.serial;

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
    async renew(grantId, serial, urgent = false) {
      const grant = await book.get(grantId);
      if (disposed || !grant || grant.tokens.serial > serial || !canRefresh(grant)) return grant;
      const current = state(grantId);
      if (current.kind !== 'refreshing' && mustWait(grant)) return grant;
      if (!urgent && current.kind === 'offline' && secondsNow(clock) < current.retryAt) return grant;
      // Tokens that end at once would otherwise be refreshed with every question.
      const { serial: latest, receivedAt, expiresAt = Infinity } = grant.tokens;
      if (latest > 1 && expiresAt <= receivedAt && secondsNow(clock) <= receivedAt) return grant;
      return start(grantId);
    },
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

/** Failures that are the server's last word on this grant, or on the tokens it gave for it. */
function endsGrant({ code }: Failure): boolean {
  return [
    'grant-refused',
    'client-refused',
    'request-refused',
    'token-untrusted',
    'endpoint-changed',
    // Of a client that signs in by itself.
    'scopes-refused',
    'grant-type-refused',
    'user-refused',
    'subject-missing',
    'token-exchange-refused',
  ].includes(code);
}
