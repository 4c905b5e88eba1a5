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
   * Sends the grant's refresh token, once, or requests new tokens without one, for a service client.
   *
   * @param beforeSending called right before the request, with nothing awaited in between. It throws if the token must
   * not be sent any more.
   * @param derived the scopes of the derived token to request. Undefined: the main one.
   * @throws Failure, or what `beforeSending` threw. Anything else counts as passing trouble.
   */
  refresh(
    provider: Provider,
    grant: Grant,
    beforeSending: () => void,
    derived: readonly string[] | undefined,
  ): Promise<RefreshAnswer>;
  /**
   * Asks the server about the account of a grant whose tokens are new. They are stored and handed out by then: no
   * caller waits for the response, and without one what was known stays.
   *
   * @returns undefined if there is nothing to say.
   */
  profile(provider: Provider, grant: Grant, tokens: Tokens): Promise<AccountProfile | undefined>;
}

/** What the refresher asks of the lease that it works under. */
export interface RefresherLease {
  /** False once another window has taken over: then no token must be sent any more. */
  isLeader(): boolean;
  /**
   * Resolves when every window that existed before this one became the leader has had the time to report what it knows:
   * one of them might have the response to a request whose sender died.
   */
  heardOthers(): Promise<unknown>;
  /**
   * True if an earlier leader might still be alive: silent, it might have sent a request, and could still get the
   * response.
   */
  formerLeaderMayLive(): boolean;
  /**
   * Hands the grants over to another window if the storage of this one doesn't respond and that of the other one does.
   *
   * @returns whether it did.
   */
  leaveToOthers(): Promise<boolean>;
}

export interface RefreshReports {
  /** Called with new tokens. @param derived the scopes of the token, if it is a derived one. */
  onRefreshed(grant: Grant, derived: readonly string[] | undefined): void;
  /** Called for the first of several refreshes in a row that failed for now. The tokens are kept. */
  onTrouble(grant: Grant, reason: string): void;
  /** Called for tokens that arrived for a grant that was signed out meanwhile: they won't be used. */
  onOrphaned(grant: Grant, tokens: Tokens): void;
  /** Called once when a grant needs its user. `grant.signInNeeded` says why. */
  onSignInNeeded(grant: Grant): void;
}
