import { secondsNow, type Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Provider } from '../providers/definition.ts';
import type { Added } from './addGrant.ts';
import { expiryOf, refreshDueAt } from './freshness.ts';
import { isRenewable, type Grant } from './grant.ts';
import type { GrantBook, GrantChange } from './grantBook.ts';
import { createGrantViews, type GrantView } from './grantView.ts';
import { parseSessionId, union } from './scopes.ts';
import { sessionOf, sessionsChange, type Session, type SessionsChange } from './sessions.ts';

export interface AccountsOptions {
  readonly book: GrantBook;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * The grant with tokens later than those of `serial`, from whoever keeps them fresh; the grant as it is if
   * that is not possible now.
   */
  renew(grantId: string, serial: number): Promise<Grant | undefined>;
  /** Takes over the grant of a finished sign-in, see addGrant.ts. */
  add(provider: Provider, signedIn: Grant): Promise<Added>;
  /** The lifetime to assume for tokens whose server does not say, in seconds. */
  assumedLifetime(grant: Grant): number | undefined;
  /** True if a refresh ends the old access token at once. */
  refreshEndsAccessToken?(grant: Grant): boolean;
}

/** The people who are signed in, and the sessions they give to extensions. */
export interface Accounts {
  /**
   * The sessions of a provider. Never asks anybody; waits for the network only if a session was asked for by
   * its scopes and its token has ended.
   *
   * @param scopes undefined: every session there is; a list, also an empty one: the sessions for just that.
   */
  sessions(
    provider: Provider,
    scopes: readonly string[] | undefined,
    account?: { readonly id: string },
  ): Promise<readonly Session[]>;
  /** The sign-ins to a provider, each with a token that works as far as one can be had now. */
  current(provider: Provider): Promise<readonly { readonly grant: Grant; readonly hasEnded: boolean }[]>;
  /** Takes over the grant of a finished sign-in. `kept` is false if it could not be stored. */
  add(provider: Provider, grant: Grant): Promise<{ session: Session; kept: boolean }>;
  /**
   * Signs out: the session's grant is forgotten.
   *
   * @returns the grant, so that the server can be told; undefined if there was none.
   */
  remove(sessionId: string): Promise<Grant | undefined>;
  /**
   * Gets new tokens for a grant now, though its token has not ended: a server refused it.
   *
   * @returns the grant as it is if that is not possible now; undefined if it has gone.
   */
  renew(grant: Grant): Promise<Grant | undefined>;
  /** All that was granted to an account, so that the next sign-in keeps it. */
  grantedScopes(provider: Provider, account: { readonly id: string }): Promise<string[]>;
  /** What a change means for the sessions of its provider. */
  change(change: GrantChange): SessionsChange;
}

export function createAccounts(options: AccountsOptions): Accounts {
  const { book, clock, log, renew } = options;
  /** Sign-ins and sign-outs one after another: each reads what the one before has written. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = turn.then(run);
    turn = result.catch(() => undefined);
    return result;
  };

  const view = createGrantViews();
  const viewOf = async (provider: Provider): Promise<GrantView> => {
    try {
      return view(await book.ofProvider(provider.id), provider);
    } catch {
      // An answer must come whatever the storage does; it is read again at the next question.
      log.error('secret storage failed to read', { provider: provider.id });
      return view(book.known(), provider);
    }
  };

  const ended = (grant: Grant): boolean => {
    const expiresAt = expiryOf(grant.tokens, options.assumedLifetime(grant));
    return expiresAt !== undefined && secondsNow(clock) >= expiresAt;
  };

  /** The grant with a token that works, if there is a way to one. */
  const usable = async (grant: Grant): Promise<Grant | undefined> => {
    if (!ended(grant)) {
      const late = options.refreshEndsAccessToken?.(grant);
      const due = refreshDueAt(grant.tokens, expiryOf(grant.tokens, options.assumedLifetime(grant)), 0, late);
      // Meanwhile the current token answers.
      if (due !== undefined && secondsNow(clock) >= due) void renew(grant.id, grant.tokens.serial);
      return grant;
    }
    const renewed = await renew(grant.id, grant.tokens.serial);
    if (!renewed) return undefined;
    // Offline, an ended token is still the best answer: without it the person would be asked to sign in, which
    // is not possible offline either.
    const hopeless = ended(renewed) && (renewed.signInNeeded !== undefined || !isRenewable(renewed));
    return hopeless ? undefined : renewed;
  };

  return {
    async sessions(provider, scopes, account) {
      const known = await viewOf(provider);
      if (scopes === undefined) {
        const all = known.sessions();
        return account === undefined ? all : all.filter(session => session.account.id === account.id);
      }
      const found: Session[] = [];
      const accounts = new Set<string>();
      for (const match of known.matching(scopes, account)) {
        // One session for each account: the editor takes the first of several without asking.
        if (accounts.has(match.account.id)) continue;
        const grant = await usable(match);
        if (!grant) continue;
        accounts.add(grant.account.id);
        found.push(sessionOf(grant, scopes));
      }
      return found;
    },

    async current(provider) {
      const grants = await Promise.all((await viewOf(provider)).grants.map(usable));
      return grants.filter(grant => grant !== undefined).map(grant => ({ grant, hasEnded: ended(grant) }));
    },

    add: (provider, signedIn) =>
      inTurn(async () => {
        const { grant, stored } = await options.add(provider, signedIn);
        return { session: sessionOf(grant, signedIn.sessions[0] ?? []), kept: stored };
      }),

    remove: sessionId =>
      inTurn(async () => {
        const { grantId } = parseSessionId(sessionId);
        const grant = await book.get(grantId).catch(() => undefined);
        await book.remove(grantId, secondsNow(clock));
        return grant;
      }),

    renew: grant => renew(grant.id, grant.tokens.serial),

    async grantedScopes(provider, account) {
      const grants = (await viewOf(provider)).grants.filter(grant => grant.account.id === account.id);
      return union(...grants.map(grant => grant.grantedScopes));
    },

    change(change) {
      const changed = change.after ?? change.before;
      const others = book
        .known()
        .filter(grant => grant.providerId === changed?.providerId && grant.id !== changed.id);
      return sessionsChange(change, others);
    },
  };
}
