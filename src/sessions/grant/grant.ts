import * as v from 'valibot';
import { secret, type Secret } from '../../platform/secret.ts';
import { shown, type Shown } from '../../platform/shown.ts';
import { storedBindingSchema, type Binding } from './binding.ts';

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
  /**
   * The time (seconds since the epoch) at which the refresh token was first sent without a certain answer.
   * Stored before it is sent: after a crash it tells that the token may be spent.
   */
  readonly refreshSentAt: number | undefined;
  /** The time at which it was sent last, if that was more than once. */
  readonly refreshResentAt?: number | undefined;
  readonly signInNeeded: SignInNeeded | undefined;
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

const seconds = v.pipe(v.number(), v.finite());
/** Can be counted on from: beyond that, one more is the same number, and no change would ever be newer. */
const countable = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 52));
const serial = v.pipe(countable, v.minValue(1));
const token = v.pipe(v.string(), v.nonEmpty());

const storedDerivedSchema = v.variant('kind', [
  v.object({
    kind: v.literal('token'),
    scopes: v.array(v.string()),
    serial,
    accessToken: token,
    receivedAt: seconds,
    expiresAt: v.optional(seconds),
  }),
  v.object({ kind: v.literal('refused'), scopes: v.array(v.string()), since: seconds, reason: v.string() }),
]);

/** A grant as it is stored: JSON of this version. */
const storedGrantSchema = v.object({
  version: v.literal(1),
  id: v.pipe(v.string(), v.regex(/^[\w-]{8,64}$/)),
  revision: countable,
  providerId: v.string(),
  binding: storedBindingSchema,
  account: v.object({
    id: v.string(),
    label: v.pipe(
      v.string(),
      v.transform(text => shown(text)),
    ),
  }),
  claims: v.record(v.string(), v.unknown()),
  grantedScopes: v.array(v.string()),
  sessions: v.pipe(v.array(v.array(v.string())), v.minLength(1)),
  target: v.optional(v.array(v.string()), []),
  resources: v.optional(v.array(v.string()), []),
  tokens: v.object({
    serial,
    accessToken: token,
    receivedAt: seconds,
    expiresAt: v.optional(seconds),
    clockOffset: v.optional(seconds),
    refreshToken: v.optional(v.string()),
    idToken: v.optional(v.string()),
  }),
  derived: v.optional(v.array(storedDerivedSchema), []),
  registeredClient: v.optional(
    v.object({ method: v.picklist(['client_secret_basic', 'client_secret_post']), secret: token }),
  ),
  refreshSentAt: v.optional(seconds),
  refreshResentAt: v.optional(seconds),
  signInNeeded: v.optional(
    v.object({
      reason: v.string(),
      since: seconds,
      accountRefused: v.optional(v.literal(true)),
      tentative: v.optional(v.literal(true)),
    }),
  ),
  asked: v.optional(v.array(v.object({ demand: v.string(), at: seconds, met: v.optional(v.literal(true)) }))),
});

type StoredGrant = v.InferInput<typeof storedGrantSchema>;

/** The grant as text to be stored in secret storage or sent to another window of ours; secrets included. */
export function serialiseGrant(grant: Grant): string {
  const {
    tokens,
    derived,
    registeredClient,
    grantedScopes,
    sessions,
    target,
    resources,
    claims,
    asked,
    ...rest
  } = grant;
  const { service, ...binding } = grant.binding;
  const stored: StoredGrant = {
    version: 1,
    ...rest,
    binding: { ...binding, machine: service },
    claims: { ...claims },
    grantedScopes: [...grantedScopes],
    sessions: sessions.map(scopes => [...scopes]),
    target: [...target],
    resources: [...resources],
    asked: asked && [...asked],
    tokens: {
      ...tokens,
      accessToken: tokens.accessToken.reveal(),
      refreshToken: tokens.refreshToken?.reveal(),
      idToken: tokens.idToken?.reveal(),
    },
    derived: derived.map(entry =>
      entry.kind === 'token'
        ? { ...entry, scopes: [...entry.scopes], accessToken: entry.accessToken.reveal() }
        : { ...entry, scopes: [...entry.scopes] },
    ),
    registeredClient: registeredClient && {
      ...registeredClient,
      secret: registeredClient.secret.reveal(),
    },
  };
  return JSON.stringify(stored);
}

export type ParsedGrant =
  | { readonly kind: 'grant'; readonly grant: Grant }
  /** Written by a later version of the extension, which will know what to do with it. */
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'garbage' };

/** Reads what {@link serialiseGrant} wrote. Never throws. */
export function parseGrant(text: string): ParsedGrant {
  const value = parseJson(text);
  const parsed = v.safeParse(storedGrantSchema, value);
  if (!parsed.success) {
    const version = (value as { version?: unknown } | null | undefined)?.version;
    return typeof version === 'number' && version > 1 ? { kind: 'newer', version } : { kind: 'garbage' };
  }
  const {
    version: _,
    tokens,
    derived,
    registeredClient,
    refreshSentAt,
    signInNeeded,
    ...rest
  } = parsed.output;
  const grant: Grant = {
    ...rest,
    tokens: {
      serial: tokens.serial,
      accessToken: secret(tokens.accessToken),
      receivedAt: tokens.receivedAt,
      expiresAt: tokens.expiresAt,
      refreshToken: secret(tokens.refreshToken),
      idToken: secret(tokens.idToken),
      clockOffset: tokens.clockOffset,
    },
    derived: derived.map(entry =>
      entry.kind === 'token'
        ? { ...entry, expiresAt: entry.expiresAt, accessToken: secret(entry.accessToken) }
        : entry,
    ),
    registeredClient: registeredClient && {
      ...registeredClient,
      secret: secret(registeredClient.secret),
    },
    refreshSentAt,
    signInNeeded,
  };
  return { kind: 'grant', grant };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
