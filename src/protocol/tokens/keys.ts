import { isWithin } from '../../platform/clock.ts';
import { l10n } from '../../platform/shown.ts';
import * as oauth from 'oauth4webapi';
import type { Connection } from '../client/client.ts';
import { Failure } from '../failures/failure.ts';
import type { NoteBlemish } from '../http/blemishes.ts';
import { readForms, type Forms } from '../http/forms.ts';
import { isObject, parseServerJson } from '../http/json.ts';
import type { Metadata } from '../server/metadata.ts';
import { tokenEndpointFailure } from '../http/oauthError.ts';
import { textOf } from '../http/serverText.ts';

/** The maximum number of keys that a server can publish. Real ones have up to twenty. */
export const mostKeys = 100;

/** How long keys are used without asking again, in seconds. */
const keysLifetime = 300;

/** The longest numbers of an RSA key, base64url: a modulus of 16384 bits, and an exponent of 64. */
const longestModulus = 2731;
const longestExponent = 11;

/** Members that only a private or a symmetric key has (RFC 7518 section 6). */
type PrivateMember = (typeof privateMembers)[number];
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;

interface Keys {
  readonly at: number;
  readonly answer: Promise<oauth.JWKS>;
}

/** The keys by server: the metadata object is the server as one connection after another sees it. */
const remembered = new WeakMap<Metadata, Keys>();

/**
 * Verifies the signature of a JWT in `response` that the library has processed, with the keys that the server
 * publishes. If no cached key matches, requests them again, once: the server might have changed them.
 *
 * @throws Failure `token-untrusted` for unusable keys, those of {@link tokenEndpointFailure} and of the HTTP client
 * for unavailable keys, or the library's error for a wrong signature.
 */
export async function verifySignature(connection: Connection, response: Response): Promise<void> {
  // Keys that were unavailable earlier might be available now.
  const known = await current(connection)?.answer.catch(() => undefined);
  if (known) {
    try {
      return await verifyWith(connection, response, known);
    } catch (error) {
      if (!fitsNot(error)) throw error;
    }
  }
  await verifyWith(connection, response, await askForKeys(connection));
}

/**
 * Asks for the keys of a server that will soon be needed, unless they are known. What goes wrong shows when they
 * are needed: they are then asked for again.
 */
export function expectSignature(connection: Connection): void {
  if (connection.metadata.jwks_uri !== undefined && !current(connection)) {
    void askForKeys(connection).catch(() => undefined);
  }
}

function current({ metadata, httpContext }: Connection): Keys | undefined {
  const known = remembered.get(metadata);
  return known && isWithin(keysLifetime * 1000, known.at, httpContext.clock.now()) ? known : undefined;
}

async function askForKeys(connection: Connection): Promise<oauth.JWKS> {
  const { metadata, httpContext } = connection;
  const asked: Keys = { at: httpContext.clock.now(), answer: requestKeys(connection) };
  remembered.set(metadata, asked);
  try {
    return await asked.answer;
  } catch (error) {
    if (remembered.get(metadata) === asked) remembered.delete(metadata);
    throw error;
  }
}

async function verifyWith(connection: Connection, response: Response, jwks: oauth.JWKS): Promise<void> {
  const { client, server, options } = connection;
  try {
    // The library caches keys by object identity. A copy makes it use these, and none of its own.
    await oauth.validateApplicationLevelSignature({ ...server }, response, {
      ...options,
      [oauth.jwksCache]: { jwks, uat: Math.floor(Date.now() / 1000) },
    });
  } catch (error) {
    // The platform's error for a key that it can't import.
    if (error instanceof DOMException)
      throw unusable(client.issuer, l10n.t('because the matching key is malformed'));
    throw error;
  }
}

/** No key for it, or the wrong signature by a key that was: a key without `kid` can change unseen. */
const fitsNot = (error: unknown): boolean =>
  error instanceof oauth.OperationProcessingError &&
  (error.code === oauth.KEY_SELECTION || error.code === oauth.INVALID_RESPONSE);

/**
 * The properties of a key (RFC 7517 section 4). Some servers write all of them, with empty values for those that
 * don't apply.
 */
export const keyForms = {
  kty: 'exact',
  kid: 'text',
  use: 'text',
  alg: 'text',
  key_ops: 'exact',
  crv: 'exact',
  n: 'exact',
  e: 'exact',
  x: 'exact',
  y: 'exact',
  ...(Object.fromEntries(privateMembers.map(name => [name, 'exact'])) as Record<PrivateMember, 'exact'>),
} as const satisfies Forms;

async function requestKeys({ client, metadata, http, httpContext }: Connection): Promise<oauth.JWKS> {
  const { issuer } = client;
  if (!metadata.jwks_uri) throw unusable(issuer, l10n.t('because the provider publishes none'));
  const response = await http(metadata.jwks_uri, {
    headers: { accept: 'application/json, application/jwk-set+json' },
  });
  const refused = await tokenEndpointFailure(response, new URL(metadata.jwks_uri).host);
  if (refused?.code === 'server-failed' || refused?.code === 'rate-limited') throw refused;
  if (!response.ok)
    throw unusable(issuer, l10n.t('because the request for them failed with status {0}', response.status));
  const parsed = parseServerJson(await textOf(response));
  if (parsed.kind === 'refused') throw unusable(issuer, l10n.t('because the key set {0}', parsed.reason));
  const note = httpContext.blemishes.at(issuer);
  const list = parsed.kind === 'json' ? keysIn(parsed.value, note) : undefined;
  if (!list) throw unusable(issuer, l10n.t('because the key set is malformed'));
  const keys = list.map(key => readForms(key, keyForms, note));
  if (keys.length > mostKeys) throw unusable(issuer, l10n.t('because there are more than {0}', mostKeys));
  if (keys.some(key => privateMembers.some(name => name in key))) {
    throw unusable(issuer, l10n.t('because one of them is a private key, so anyone could have signed it'));
  }
  return { keys: unique(keys.map(withUses).filter(isReasonable)) };
}

type Key = Readonly<Record<string, unknown>>;

/** The keys of a set (RFC 7517 section 5). Some servers publish a bare array, or leave holes in it. */
function keysIn(value: unknown, note: NoteBlemish): Key[] | undefined {
  const list: unknown = isObject(value) ? value['keys'] : value;
  if (!Array.isArray(list)) return undefined;
  const keys = list.filter(isObject);
  if (keys.length === 0 && list.length > 0) return undefined;
  if (list === value) note('form.unreadable', 'keys');
  else if (keys.length < list.length) note('form.list', 'keys');
  return keys;
}

/** An empty list of uses allows none, and would make the key useless. */
function withUses({ key_ops, ...key }: Key): Key {
  const uses: unknown = typeof key_ops === 'string' ? key_ops.split(/[ ,]+/) : key_ops;
  return uses === undefined || (Array.isArray(uses) && uses.length === 0) ? key : { ...key, key_ops: uses };
}

/** A key that is published twice is one key. The library refuses to choose between the two. */
const unique = (keys: readonly Key[]): oauth.JWK[] => [
  ...new Map(keys.map(key => [JSON.stringify(Object.keys(keyForms).map(name => key[name])), key])).values(),
];

const unusable = (issuer: string, reason: string): Failure =>
  new Failure('token-untrusted', {
    issuer,
    reason: l10n.t('the keys to verify it can’t be used, {0}', reason),
  });

/** False for a key whose numbers are so large that checking with it would take long. */
function isReasonable({ kty, n, e, key_ops }: Key): boolean {
  if (key_ops !== undefined && !Array.isArray(key_ops)) return false;
  if (kty !== 'RSA') return true;
  return (
    typeof n === 'string' &&
    n.length <= longestModulus &&
    typeof e === 'string' &&
    e.length <= longestExponent
  );
}
