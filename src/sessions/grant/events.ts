import type { Secret } from '../../platform/secret.ts';
import type { Failure } from '../../protocol/failures/failure.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { TokenPolicy } from './fate.ts';
import type { Memory, Which } from './memory.ts';
import type { Grant } from './grant.ts';

/** A grant at one moment, with all that its fate depends on. */
export interface State {
  /** Undefined once it was signed out. */
  readonly grant: Grant | undefined;
  /** Undefined if its provider is not configured as it was when the grant was signed in. */
  readonly policy: TokenPolicy | undefined;
  readonly memory: Memory;
  /** In seconds since the epoch. */
  readonly now: number;
  /** False once another window has taken over: then no token may be sent any more. */
  readonly isLeader: boolean;
  /** True when this window leaves the others: what has not been begun is left to the next leader. */
  readonly isLeaving: boolean;
  /** True if a window may live that kept the tokens before: silent, it may have sent one, and yet get the answer. */
  readonly formerLeaderMayLive: boolean;
}

/** What the server says of the account of a grant, beside its tokens. */
export interface AccountProfile {
  readonly claims: Readonly<Record<string, unknown>>;
  /** When the access token ends, in seconds since the epoch, if the server tells that apart from the token. */
  readonly expiresAt: number | undefined;
  /** Why the account may not be used, as a sentence that is fit to be shown; undefined if it may. */
  readonly refusal: string | undefined;
}

export type Event =
  /** Tokens later than those of `serial` are wanted. `urgent`: by a person, who does not wait for a time to come. */
  | { readonly kind: 'asked'; readonly which: Which; readonly serial: number; readonly urgent: boolean }
  /** The time of {@link fateOf} has come. It is measured by a timer, which the setting of a clock does not touch. */
  | { readonly kind: 'timer' }
  /** The sign-in might have expired for lack of a refresh token. The grant is the newest that is stored. */
  | { readonly kind: 'over' }
  /** The grant is the newest that the others and the storage have; `stored`: it is stored as it is. */
  | { readonly kind: 'listened'; readonly stored: boolean }
  /** That the refresh token will be sent is stored, or is not. */
  | { readonly kind: 'noted'; readonly stored: boolean }
  /** The request is about to leave. */
  | { readonly kind: 'about-to-send' }
  /** It did not leave. */
  | { readonly kind: 'withheld' }
  /** The answer has a refresh token. Nothing else in it has been judged. */
  | { readonly kind: 'rotated'; readonly refreshToken: Secret }
  | { readonly kind: 'answered'; readonly tokens: Tokens }
  /** There is no usable answer; `failure` is undefined for what nobody foresaw. */
  | { readonly kind: 'failed'; readonly failure: Failure | undefined; readonly reason: string }
  /** What the server says of the account, asked with the tokens of this serial. */
  | { readonly kind: 'profiled'; readonly serial: number; readonly profile: AccountProfile }
  /** What was in the way may be gone: the person is back, the network is, or the computer was asleep. */
  | { readonly kind: 'roused' }
  /** The grant is another one: another window told of it, somebody signed in again, or out. */
  | { readonly kind: 'changed' }
  /** The settings of the provider, or what the client proves itself with, may be others. */
  | { readonly kind: 'provider-changed' };

/** What is to be done now. What comes of it is the next event; `nothing`, and whoever waits gets the grant as it is. */
export type Command =
  | { readonly do: 'nothing' | 'send' }
  /** Wait for the request under way, and ask `again` if it is for another token. */
  | { readonly do: 'wait'; readonly again: boolean }
  /** Read the storage again; `hear`: listen to the other windows before. */
  | { readonly do: 'listen'; readonly hear: boolean }
  /** Wait for the window that sent the token, up to a time or until the grant changes; then listen. */
  | { readonly do: 'outlast'; readonly until: number }
  | { readonly do: 'note' }
  /** Read the storage again, then report the expiry, once. */
  | { readonly do: 'announce' }
  /** Leave the grants to a window whose storage answers. */
  | { readonly do: 'leave' };

/** What others are told, and what is logged. */
export type Notice =
  | { readonly kind: 'refreshed'; readonly which: Which; readonly tokens: Tokens }
  /** Tokens came for a grant that was signed out meanwhile: nobody will use them. */
  | { readonly kind: 'orphaned'; readonly tokens: Tokens }
  | { readonly kind: 'derived-refused'; readonly which: Which }
  /** The person is needed; `grant.signInNeeded` says why. */
  | { readonly kind: 'sign-in-needed' }
  /** It has expired, and there is no refresh token. */
  | { readonly kind: 'ended' }
  /** Its account may not be used, or may be again. */
  | { readonly kind: 'account-refused' | 'account-accepted' }
  | { readonly kind: 'trouble'; readonly seconds: number }
  | { readonly kind: 'unstorable' };

export interface Step {
  /** The same object if nothing changes. */
  readonly grant: Grant | undefined;
  /** True if the grant has new tokens: then its revision begins a new range. */
  readonly isRenewed: boolean;
  readonly memory: Memory;
  readonly next: Command;
  readonly tell: readonly Notice[];
}
