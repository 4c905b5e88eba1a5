import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { RefreshAnswer, Tokens } from '../../protocol/tokens/tokens.ts';
import type { ConfiguredProviders } from '../../providers/entries/configuredProviders.ts';
import type { Provider } from '../../providers/entries/definition.ts';
import type { AccountProfile } from '../grant/events.ts';
import type { Grant } from '../grant/grant.ts';
import type { GrantCache } from '../store/grantCache.ts';
import type { Memories } from './memories.ts';

export interface RefresherOptions {
  readonly cache: GrantCache;
  readonly clock: Clock;
  readonly log: Log;
  readonly providers: Pick<ConfiguredProviders, 'of' | 'onDidChange'>;
  readonly memories: Memories;
  readonly server: TokenServer;
  readonly lease: RefresherLease;
  readonly reports: RefreshReports;
}

export interface TokenServer {
  /**
   * Sends the grant's refresh token, once; or asks for new tokens without one, where the client signs in by
   * itself.
   *
   * @param beforeSending to be called right before the request, with nothing awaited in between. It throws
   * if the token may not be sent any more.
   * @param derived the scopes of the derived token to ask for; undefined: the main one.
   * @throws Failure, or what `beforeSending` threw. Anything else counts as passing trouble.
   */
  refresh(
    provider: Provider,
    grant: Grant,
    beforeSending: () => void,
    derived: readonly string[] | undefined,
  ): Promise<RefreshAnswer>;
  /**
   * What the server says of the account of a grant whose tokens are new. They are stored and given out by then:
   * nobody waits for the answer, and without one what was known stays.
   *
   * @returns undefined if there is nothing to say.
   */
  profile(provider: Provider, grant: Grant, tokens: Tokens): Promise<AccountProfile | undefined>;
}

/** What the refresher asks of the lease that it works under. */
export interface RefresherLease {
  /** False once another window has taken over: then no token may be sent any more. */
  isLeader(): boolean;
  /**
   * Resolves when every window that was there before this one began to keep the tokens has had the time to say
   * what it knows: one of them may have the answer to a request whose sender died.
   */
  heardOthers(): Promise<unknown>;
  /** True if a window may live that kept the tokens before: silent, it may have sent one, and yet get the answer. */
  formerLeaderMayLive(): boolean;
  /**
   * Leaves the grants to another window if the storage of this one does not answer and that of the other one does.
   *
   * @returns whether it did.
   */
  leaveToOthers(): Promise<boolean>;
}

export interface RefreshReports {
  /** Told of new tokens. @param derived the scopes of the token, if it is a derived one. */
  onRefreshed(grant: Grant, derived: readonly string[] | undefined): void;
  /** Told of the first of several refreshes in a row that failed for now; the tokens are kept. */
  onTrouble(grant: Grant, reason: string): void;
  /** Told of tokens that arrived for a grant that was signed out meanwhile: nobody will use them. */
  onOrphaned(grant: Grant, tokens: Tokens): void;
  /** Told once when a grant needs its person; `grant.signInNeeded` says why. */
  onSignInNeeded(grant: Grant): void;
}
