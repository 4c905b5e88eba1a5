import type { Secret } from '../../platform/secret.ts';
import type { Shown } from '../../platform/shown.ts';
import type { ProofKey } from '../../protocol/client/keys/proofKey.ts';
import type { Binding } from './binding.ts';

export type { Binding, ServiceBinding } from './binding.ts';

/** An account as the editor names it. */
export type NamedAccount = Readonly<Record<'id' | 'label', string>>;

export interface Account extends NamedAccount {
  /** The subject: unique and never reassigned within the issuer (OpenID Connect Core 1.0 section 2). */
  readonly id: string;
  /** What the Accounts menu shows; unique within the provider, as the editor keys its consents by it. */
  readonly label: Shown;
}

/** Why a person must sign in again. */
export interface SignInNeeded {
  /** A sentence that is fit to be shown. */
  readonly reason: string;
  /** Seconds since the epoch. */
  readonly since: number;
  /**
   * True: the account lacks what the settings require of it. That may change at the server: the tokens are kept
   * fresh, so that it is asked again with each refresh, but nobody is given them meanwhile.
   */
  readonly accountRefused?: true | undefined;
  /**
   * True: this is not the authorization server's own word. What is in the way may pass: it is tried again, and no
   * sign-in is needed once that succeeds.
   */
  readonly tentative?: true | undefined;
}

/** Describes a sign-in that expires with its access token because it has no refresh token. */
export interface Ending {
  /** What helps, as far as is known: a `Cure` of signIn/plan/lasting.ts, where a later version might know others. */
  readonly cure: string;
  /** True: it has expired, and the user has seen that. */
  readonly told?: true | undefined;
}

/** A demand of an API for which the person was asked to sign in. It holds nothing that the API said. */
export interface AskedDemand {
  /** Tells it from others. */
  readonly demand: string;
  /** Seconds since the epoch. */
  readonly at: number;
  /** True: they signed in, and that was what the API had asked for. */
  readonly met?: true | undefined;
}

/** The demands that a grant remembers; the newest first. */
export const mostAsked = 20;

/** The tokens of a grant that are current. Times are in seconds since the epoch. */
export interface CurrentTokens {
  /** 1 for the tokens of the sign-in, one more with each refresh: tells newer tokens from older ones. */
  readonly serial: number;
  readonly accessToken: Secret;
  readonly receivedAt: number;
  /** Undefined: the server did not say. */
  readonly expiresAt: number | undefined;
  /** How far the clock of the server was ahead of this computer's when they came, in seconds; undefined: nobody knows. */
  readonly clockOffset?: number | undefined;
  readonly refreshToken: Secret | undefined;
  readonly idToken: Secret | undefined;
}

/**
 * An access token beside the grant's main one: for fewer scopes than were granted, or for another resource. It is got
 * with the grant's refresh token. Times are in seconds since the epoch.
 */
export type DerivedToken = {
  /** What was asked for, pseudo-scopes included, normalised: there is one token for each. */
  readonly scopes: readonly string[];
} & (
  | {
      readonly kind: 'token';
      /** As {@link CurrentTokens.serial}, counted for this token alone. */
      readonly serial: number;
      readonly accessToken: Secret;
      readonly receivedAt: number;
      readonly expiresAt: number | undefined;
    }
  /** The server does not give it; it is not asked again for a while. */
  | { readonly kind: 'refused'; readonly since: number; readonly reason: string }
);

/** How a client that registered itself proves who it is, wherever the grant is used. */
export interface RegisteredClient {
  readonly method: 'client_secret_basic' | 'client_secret_post';
  readonly secret: Secret;
}

/**
 * The lasting result of one sign-in. Plain data; every change makes a new one with the next revision, so that
 * of two copies in two windows the newer can be told.
 */
export interface Grant {
  readonly id: string;
  /** The ID that its latest sign-in had before it took this grant's place. Undefined: it has taken no place. */
  readonly addedAs?: string | undefined;
  readonly revision: number;
  readonly providerId: string;
  readonly binding: Binding;
  readonly account: Account;
  /** Claims of the ID token and of UserInfo that other extensions may learn. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the access token may be used for. */
  readonly grantedScopes: readonly string[];
  /** The scope sets that were asked for, in the callers' order: each is a session. At least one. */
  readonly sessions: readonly (readonly string[])[];
  /** The pseudo-scopes that the main access token is for, normalised; none: it is for what the settings say. */
  readonly target: readonly string[];
  /** The resources that the sign-in was for: for each, the refresh token gives an access token (RFC 8707). */
  readonly resources: readonly string[];
  readonly tokens: CurrentTokens;
  readonly derived: readonly DerivedToken[];
  /** Undefined: the client is that of the settings, or has nothing to prove itself with. */
  readonly registeredClient: RegisteredClient | undefined;
  /** What the tokens are bound to, whatever the settings say now. Undefined: they are bearer tokens. */
  readonly proofKey?: ProofKey | undefined;
  /**
   * The time (seconds since the epoch) at which the refresh token was first sent without a certain answer.
   * Stored before it is sent: after a crash it tells that the token may be spent.
   */
  readonly refreshSentAt: number | undefined;
  /** The time at which it was sent last, if that was more than once. */
  readonly refreshResentAt?: number | undefined;
  readonly signInNeeded: SignInNeeded | undefined;
  /** Undefined: it lasts, or was stored before this property existed. */
  readonly ending?: Ending | undefined;
  /** What the person was asked to sign in for since they last signed in by themselves: nobody is asked twice. */
  readonly asked?: readonly AskedDemand[] | undefined;
}

/** A grant came (`before` undefined), went (`after` undefined) or has changed. */
export interface GrantChange {
  readonly before: Grant | undefined;
  readonly after: Grant | undefined;
}

/** True if new tokens can be had without the person. */
export const isRenewable = ({ binding, tokens }: Grant): boolean =>
  tokens.refreshToken !== undefined || binding.service !== undefined;
