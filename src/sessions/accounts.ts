import { secondsNow } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { createQueue } from '../platform/queue.ts';
import { KnownFailure } from '../protocol/failures/knownFailure.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { derivedScopes } from './grant/derived.ts';
import { isForNobody } from './grant/fate.ts';
import type { Grant, GrantChange } from './grant/grant.ts';
import type { Sharing } from './sharing/sharing.ts';
import { createGrantViews, type GrantView } from './grantView.ts';
import { checkAsked, targetOf } from './grant/pseudoScopes.ts';
import { isSameSet, parseSessionId, union } from './grant/scopes.ts';
import { sessionOf, sessionsChange, type Session, type SessionsChange } from './grant/sessions.ts';
import { belongsTo } from '../providers/entries/origin.ts';
import { fresh, renewed, usableSession, type GrantSource } from './usableSession.ts';

export interface AccountsOptions extends GrantSource {
  readonly log: Log;
  readonly sharing: Pick<Sharing, 'renew' | 'derive' | 'add'>;
}

export interface SignedOut {
  readonly grant: Grant;
  /** True if its account has no other grant of that issuer left: nothing is signed in to it any more. */
  readonly isLast: boolean;
}

/** The accounts that are signed in, and the sessions they give to extensions. */
export interface Accounts {
  /**
   * The sessions of a provider. Never prompts. Waits for the network only if a session was requested by its scopes and
   * its token has expired.
   *
   * @param scopes undefined: every session there is. An array, even an empty one: the sessions for exactly these.
   * @throws Failure `scope-unusable`, or `token-not-narrowed`, `token-unavailable` if there is a sign-in that needs a
   * separate token, which isn't available: another sign-in wouldn't help.
   */
  sessions(
    provider: Provider,
    scopes: readonly string[] | undefined,
    account?: { readonly id: string },
  ): Promise<readonly Session[]>;
  /** The sign-ins to a provider, each with a token that works as far as one can be had now. */
  current(provider: Provider): Promise<readonly { readonly grant: Grant; readonly hasEnded: boolean }[]>;
  /**
   * Adds the grant of a finished sign-in. `kept` is false if it couldn't be stored.
   *
   * @throws Failure as `sessions`. The sign-in is kept.
   */
  add(provider: Provider, grant: Grant): Promise<{ session: Session; kept: boolean }>;
  /**
   * Signs out: the session's grant is forgotten.
   *
   * @param provider as it is configured now: other grants of the account don't count.
   * @param before receives the grant while it is still stored: a crash afterwards doesn't lose what that keeps.
   * @returns the grant, for revocation, or undefined if there was none.
   */
  remove(
    sessionId: string,
    provider?: Provider,
    before?: (grant: Grant) => Promise<unknown>,
  ): Promise<SignedOut | undefined>;
  /**
   * Gets a new token of a grant for these scopes now, even if the current one hasn't expired.
   *
   * @param scopes undefined: new tokens of the grant itself.
   * @returns the unchanged grant if that isn't possible now, or undefined if it has gone.
   */
  renew(provider: Provider, grant: Grant, scopes: readonly string[] | undefined): Promise<Grant | undefined>;
  /** All scopes that were granted to an account for the same target. The next sign-in for `scopes` keeps them. */
  grantedScopes(
    provider: Provider,
    account: { readonly id: string },
    scopes: readonly string[],
  ): Promise<string[]>;
  /**
   * What a change means for the sessions of its provider.
   *
   * @param provider as it is configured now: no extension knows sessions of other grants.
   */
  change(change: GrantChange, provider?: Provider): SessionsChange;
}

export function createAccounts(options: AccountsOptions): Accounts {
  const { cache, clock, log, sharing } = options;
  /** Sign-ins and sign-outs one after another: each reads what the one before has written. */
  const inTurn = createQueue();

  const view = createGrantViews();
  const viewOf = async (provider: Provider): Promise<GrantView> => {
    try {
      return view(await cache.ofProvider(provider.id), provider);
    } catch {
      // Respond whatever the storage does. It is read again for the next question.
      log.error('secret storage failed to read', { provider: provider.id });
      return view(cache.known(), provider);
    }
  };

  return {
    async sessions(provider, scopes, account) {
      const known = await viewOf(provider);
      if (scopes === undefined) {
        const all = known.sessions();
        return account === undefined ? all : all.filter(session => session.account.id === account.id);
      }
      checkAsked(scopes);
      const found = new Map<string, Session>();
      let failure: KnownFailure | undefined;
      for (const grant of known.matching(scopes, account)) {
        // One session for each account: the editor takes the first of several without asking.
        if (found.has(grant.account.id)) continue;
        try {
          const session = await usableSession(options, provider, grant, scopes);
          if (session) found.set(grant.account.id, session);
        } catch (error) {
          if (!(error instanceof KnownFailure)) throw error;
          failure = error;
        }
      }
      if (found.size === 0 && failure) throw failure;
      return [...found.values()];
    },

    async current(provider) {
      const found = await Promise.all(
        (await viewOf(provider)).grants
          .filter(grant => !isForNobody(grant))
          .map(grant => fresh(options, provider, grant, undefined)),
      );
      return found.filter(known => known !== undefined);
    },

    async add(provider, signedIn) {
      const { grant, stored } = await inTurn(() => sharing.add(provider, signedIn));
      const scopes = signedIn.sessions[0] ?? [];
      const session =
        derivedScopes(provider, grant, scopes) && (await usableSession(options, provider, grant, scopes));
      return { session: session ?? sessionOf(grant, scopes, undefined, provider), kept: stored };
    },

    remove: (sessionId, provider, before) =>
      inTurn(async () => {
        const { grantId } = parseSessionId(sessionId);
        const grant = await cache.get(grantId).catch(() => undefined);
        if (grant) await before?.(grant);
        await cache.remove(grantId, secondsNow(clock));
        if (!grant) return undefined;
        const others = await cache.ofProvider(grant.providerId).catch(() => cache.known());
        const shown = others.filter(isShownBy(provider));
        return { grant, isLast: !shown.some(other => isSameAccount(other, grant)) };
      }),

    renew: (provider, grant, scopes) =>
      renewed(options, grant, scopes && derivedScopes(provider, grant, scopes)),

    async grantedScopes(provider, account, scopes) {
      // The user is waiting for the sign-in to begin.
      const known = await cache.inTime(viewOf(provider)).catch(() => view(cache.known(), provider));
      const grants = known.grants.filter(
        grant => grant.account.id === account.id && isSameSet(grant.target, targetOf(scopes)),
      );
      return union(...grants.map(grant => grant.grantedScopes));
    },

    change({ before, after }, provider) {
      const isShown = isShownBy(provider);
      const changed = after ?? before;
      const others = cache
        .known()
        .filter(grant => grant.providerId === changed?.providerId && grant.id !== changed.id)
        .filter(isShown);
      return sessionsChange(
        {
          before: before && isShown(before) ? before : undefined,
          after: after && isShown(after) ? after : undefined,
        },
        others,
      );
    },
  };
}

/** True for a grant that the provider shows. Without a provider, for every grant. */
const isShownBy =
  (provider: Provider | undefined) =>
  (grant: Grant): boolean =>
    provider === undefined || belongsTo(grant, provider);

const isSameAccount = (a: Grant, b: Grant): boolean =>
  a.providerId === b.providerId && a.binding.issuer === b.binding.issuer && a.account.id === b.account.id;
