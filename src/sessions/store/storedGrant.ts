import * as v from 'valibot';
import { secret, type Secret } from '../../platform/secret.ts';
import { shown } from '../../platform/shown.ts';
import { proofBindings } from '../../protocol/client/keys/proofBindings.ts';
import { storedBindingSchema } from '../grant/binding.ts';
import type { CurrentTokens, DerivedToken, Grant } from '../grant/grant.ts';

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

/**
 * A grant as it is stored: JSON of version 1, or of version 2 if its tokens are bound to a key, as an extension that
 * doesn't know of the key would spend them without it. Members that a later version has added stay.
 */
const storedGrantSchema = v.looseObject({
  version: v.picklist([1, 2]),
  id: v.pipe(v.string(), v.regex(/^[\w-]{8,64}$/)),
  addedAs: v.optional(v.string()),
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
  // Whether it is a key is known when it is used.
  proofKey: v.optional(v.object({ binds: v.picklist(proofBindings), secret: v.string() })),
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
  ending: v.optional(v.object({ cure: v.string(), told: v.optional(v.literal(true)) })),
  asked: v.optional(v.array(v.object({ demand: v.string(), at: seconds, met: v.optional(v.literal(true)) }))),
});

type StoredGrant = v.InferInput<typeof storedGrantSchema>;

/** As it is written: nothing in it changes. */
type Unchanged<T> = unknown extends T ? T : { readonly [Member in keyof T]: Unchanged<T[Member]> };

const texts = new WeakMap<Grant, string>();

/** Writes the grant, with its secrets, as text for secret storage or for another window of ours. Once: it never changes. */
export function serialiseGrant(grant: Grant): string {
  const text = texts.get(grant) ?? write(grant);
  texts.set(grant, text);
  return text;
}

function write(grant: Grant): string {
  const {
    tokens,
    derived,
    registeredClient,
    proofKey,
    grantedScopes,
    sessions,
    target,
    resources,
    claims,
    asked,
    ...rest
  } = grant;
  const { service, ...binding } = grant.binding;
  const stored: Unchanged<StoredGrant> = {
    version: proofKey ? 2 : 1,
    ...rest,
    binding: { ...binding, machine: service },
    claims,
    grantedScopes,
    sessions,
    target,
    resources,
    asked,
    tokens: {
      ...tokens,
      accessToken: tokens.accessToken.reveal(),
      refreshToken: tokens.refreshToken?.reveal(),
      idToken: tokens.idToken?.reveal(),
    },
    derived: derived.map(entry =>
      entry.kind === 'token' ? { ...entry, accessToken: entry.accessToken.reveal() } : entry,
    ),
    registeredClient: registeredClient && revealed(registeredClient),
    proofKey: proofKey && revealed(proofKey),
  };
  return JSON.stringify(stored);
}

const revealed = <T extends { readonly secret: Secret }>(
  entry: T,
): Omit<T, 'secret'> & { secret: string } => ({
  ...entry,
  secret: entry.secret.reveal(),
});

const hidden = <T extends { readonly secret: string }>(entry: T): Omit<T, 'secret'> & { secret: Secret } => ({
  ...entry,
  secret: secret(entry.secret),
});

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
    return typeof version === 'number' && version > 2 ? { kind: 'newer', version } : { kind: 'garbage' };
  }
  const {
    version: _,
    tokens,
    derived,
    registeredClient,
    proofKey,
    refreshSentAt,
    signInNeeded,
    ...rest
  } = parsed.output;
  const grant: Grant = {
    ...rest,
    tokens: {
      ...tokens,
      accessToken: secret(tokens.accessToken),
      refreshToken: secret(tokens.refreshToken),
      idToken: secret(tokens.idToken),
    } as CurrentTokens,
    derived: derived.map(entry =>
      entry.kind === 'token' ? ({ ...entry, accessToken: secret(entry.accessToken) } as DerivedToken) : entry,
    ),
    registeredClient: registeredClient && hidden(registeredClient),
    proofKey: proofKey && hidden(proofKey),
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
