import { base64urlOf } from '../platform/base64url.ts';
import type { Provider } from '../providers/entries/definition.ts';
import { isPseudoScope } from '../sessions/grant/pseudoScopes.ts';
import { claimsFingerprint, readClaimsRequest } from './claimsRequest.ts';
import { normaliseScopes, union } from '../sessions/grant/scopes.ts';

/** One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1), as the editor has parsed it. */
export interface Challenge {
  readonly scheme: string;
  readonly params: Readonly<Record<string, string>>;
}

/** What the editor hands on of `getSession(id, { wwwAuthenticate, fallbackScopes })`. */
export interface ChallengeConstraint {
  readonly challenges: readonly Challenge[];
  readonly fallbackScopes?: readonly string[];
}

/**
 * What a resource server demands when it refuses a token:
 *
 * - `token`: nothing particular. It didn't say what was wrong.
 * - `new-token`: the one it got has expired, was revoked or isn't for it (`invalid_token`, RFC 6750 section 3.1).
 * - `more-scopes`: `insufficient_scope` (RFC 6750 section 3.1).
 * - `stronger-sign-in`: `insufficient_user_authentication` (RFC 9470 section 3).
 * - `claims`: a claims request to pass on to the provider, as Microsoft Entra ID sends it.
 */
export interface Demand {
  readonly kind: 'token' | 'new-token' | 'more-scopes' | 'stronger-sign-in' | 'claims';
  /** The scopes that it adds, and those that the extension itself requests. */
  readonly scopes: readonly string[];
  /** What the challenge itself names: what it is judged by. The extension's own were no reason to refuse its token. */
  readonly added: readonly string[];
  /** Any of these will do, the preferred first. Empty: any at all. */
  readonly acrValues: readonly string[];
  /** The oldest sign-in that will do, in seconds. */
  readonly maxAge: number | undefined;
  /** The JSON of the `claims` parameter (OpenID Connect Core 1.0 section 5.5). */
  readonly claims: string | undefined;
  /** The SHA-256 of the refused token, if the caller says which one it was. See {@link refusedScheme}. */
  readonly refused: string | undefined;
  /** The scopes that the extension itself requests. Undefined: it leaves that to the server. */
  readonly fallbackScopes: readonly string[] | undefined;
  /** Where the API says more about itself, if its challenge tells (`resource_metadata`, RFC 9728 section 5.1). */
  readonly resourceMetadata: string | undefined;
  /** Where the request went, if the caller says, and the proof that the caller said it. See {@link refusedScheme}. */
  readonly request:
    { readonly address: string; readonly proof: string; readonly learned?: string } | undefined;
}

/**
 * A challenge carries no trace of the refused token, so a server that refuses every token would look like a caller that
 * had an old one. Our client helpers therefore add a challenge of this scheme, with the base64url SHA-256 of the token
 * as its parameter `sha256`. It is optional, and others ignore it.
 *
 * Nor does a challenge name the URL of the request. The helpers add it as `request`: that URL, without its query. A
 * server must not be able to say it in their place, so `proof` is the base64url SHA-256 of the ID of the session, a
 * space and the URL: the server knows the session's token, not its ID. `learned` is the resource among the session's scopes
 * that the extension didn't name, but an earlier refusal did.
 */
export const refusedScheme = 'Refused-Token';

/** By it a caller shows what it knows without saying it: see {@link refusedScheme}. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return base64urlOf(new Uint8Array(digest));
}

/** No token can satisfy the challenge. The message says why and is fit to be shown. */
export class ChallengeRefused extends Error {
  override readonly name = 'ChallengeRefused';
}

/** More than any server needs. Bounds the requests that a server can cause. */
const limits = { challenges: 20, scopes: 100, scope: 256, acrValues: 20, acrValue: 256, address: 2000 };

/** How a token is sent (RFC 6750 section 2.1, RFC 9449 section 7.1). The refusals of both are the same. */
const schemes = new Set(['bearer', 'dpop']);

const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/**
 * Reads what a resource server asks for.
 *
 * @throws ChallengeRefused if there is nothing in it that a sign-in could help with, or it is malformed.
 */
export function readDemand({ challenges, fallbackScopes }: ChallengeConstraint): Demand {
  if (challenges.length > limits.challenges) throw unreadable('it holds too many challenges');
  const known = challenges.filter(({ scheme }) => schemes.has(scheme.toLowerCase())).map(parametersOf);
  if (known.length === 0) {
    throw new ChallengeRefused('The server asks for neither a bearer token nor a DPoP-bound one.');
  }
  const parameters = known.find(({ error }) => error !== undefined) ?? known[0] ?? {};
  const { error, scope, resource_metadata: named } = parameters;
  if (error === 'use_dpop_nonce' || error === 'invalid_dpop_proof') {
    throw new ChallengeRefused(
      `The server did not refuse the token but the proof with it (${error}); another token does not help.`,
    );
  }
  if (error === 'invalid_request') {
    throw new ChallengeRefused(
      'The server did not refuse the token but the request itself (invalid_request); another token does not help.',
    );
  }
  const kind = kindOf(error, parameters);
  const asked = wordsOf(scope, 'scope', limits.scopes, limits.scope);
  // Only the extension says whom a token is for: a server must not be able to ask for one of another server.
  if (asked.some(isPseudoScope)) throw unreadable('its scope names a resource');
  // The first of them: what a server has put into its own challenge stands behind it.
  const refused = challenges.filter(({ scheme }) => scheme === refusedScheme).map(parametersOf)[0];
  const { request: address, proof, learned } = refused ?? {};
  return {
    kind,
    scopes: union(fallbackScopes ?? [], asked),
    added: asked,
    fallbackScopes,
    acrValues: wordsOf(parameters['acr_values'], 'acr_values', limits.acrValues, limits.acrValue),
    maxAge: secondsOf(parameters['max_age']),
    claims: claimsOf(parameters['claims']),
    refused: refused?.['sha256'],
    resourceMetadata: named !== undefined && named.length <= limits.address ? named : undefined,
    request:
      address !== undefined && proof !== undefined
        ? { address, proof, ...(learned !== undefined && { learned }) }
        : undefined,
  };
}

function kindOf(error: string | undefined, parameters: Record<string, string | undefined>): Demand['kind'] {
  if (parameters['claims'] !== undefined) return 'claims';
  switch (error) {
    case undefined:
      return 'token';
    case 'insufficient_scope':
      return 'more-scopes';
    case 'insufficient_user_authentication':
      return 'stronger-sign-in';
    default:
      // `invalid_token`, and what servers call it that have a name of their own for it.
      return 'new-token';
  }
}

/** Names of parameters are case-insensitive (RFC 9110 section 11.2). */
const parametersOf = ({ params }: Challenge): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name.toLowerCase(), value]));

const unreadable = (why: string): ChallengeRefused =>
  new ChallengeRefused(`The server's challenge (WWW-Authenticate) cannot be used: ${why}.`);

function wordsOf(text: string | undefined, name: string, most: number, longest: number): string[] {
  const words = (text ?? '').split(' ').filter(word => word !== '');
  if (words.length > most) throw unreadable(`its ${name} has too many values`);
  if (!words.every(word => word.length <= longest && scopeToken.test(word))) {
    throw unreadable(`its ${name} is malformed`);
  }
  return words;
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw unreadable('its max_age is not a number of seconds');
  return Number(text);
}

function claimsOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const read = readClaimsRequest(text);
  if ('problem' in read) throw unreadable(read.problem);
  return read.json;
}

/** The provider with what a demand adds to its authorization requests. */
export function demandingProvider(provider: Provider, { acrValues, maxAge, claims }: Demand): Provider {
  const least = [provider.maxAge, maxAge].filter(age => age !== undefined);
  return {
    ...provider,
    maxAge: least.length > 0 ? Math.min(...least) : undefined,
    authorizationParameters: {
      ...provider.authorizationParameters,
      ...(acrValues.length > 0 && { acr_values: acrValues.join(' ') }),
      ...(claims !== undefined && { claims }),
    },
  };
}

/** The same for demands that ask for the same, whatever else the server says. */
export function fingerprintOf({ kind, scopes, acrValues, maxAge, claims }: Demand): string {
  return JSON.stringify([
    kind,
    normaliseScopes(scopes),
    acrValues,
    maxAge,
    claims && claimsFingerprint(claims),
  ]);
}
