import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { ProfileSources } from './accountProfile.ts';
import type { Grant } from '../grant/grant.ts';
import type { Trouble } from './troubles.ts';

/** What the token refresher is given, and whom it tells. */
export interface RefresherOptions extends ProfileSources {
  /** A random number from 0 to 1, for jitter. */
  random(): number;
  /**
   * Sends the grant's refresh token, once; or asks for new tokens without one, where the client signs in by
   * itself.
   *
   * @param beforeSending to be called right before the request, with nothing awaited in between. It throws
   * if the token may not be sent any more.
   * @param derived the scopes of the derived token to ask for; undefined: the main one.
   * @throws Failure, or what `beforeSending` threw. Anything else counts as passing trouble.
   */
  refresh(grant: Grant, beforeSending: () => void, derived?: readonly string[]): Promise<Tokens>;
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
  /** True if a derived token must be for no more than the scopes it was asked for. */
  narrowsTokens?(grant: Grant): boolean;
  /** False once another window has taken over: then no token may be sent any more. */
  isOwner(): boolean;
  /**
   * Resolves when every window that was there before this one began to keep the tokens has had the time to say
   * what it knows: one of them may have the answer to a request whose sender died.
   */
  heardOthers?(): Promise<unknown>;
  /** True if a window may live that kept the tokens before: silent, it may have sent one, and yet get the answer. */
  formerOwnerMayLive?(): boolean;
  /**
   * Leaves the grants to another window if the storage of this one does not answer and that of the other one does.
   *
   * @returns whether it did.
   */
  leaveToOthers?(): Promise<boolean>;
  /** Told of new tokens. @param derived the scopes of the token, if it is a derived one. */
  onRefreshed?(grant: Grant, derived: readonly string[] | undefined): void;
  /** Told of the first of several refreshes in a row that failed for now; the tokens are kept. */
  onTrouble?(grant: Grant, reason: string): void;
  /** Told of each refresh that failed for now, and (undefined) when that is over; maybe more often than it changes. */
  onTroubleChange?(grantId: string, trouble: Trouble | undefined): void;
  /** Told of tokens that arrived for a grant that was signed out meanwhile: nobody will use them. */
  onOrphaned(grant: Grant, tokens: Tokens): void;
}
