/** What a client asks for. Names of members are ours. Those of oidc-agent's protocol stay in this file. */
export type AgentRequest =
  | TokenRequest
  | { readonly kind: 'accounts' }
  | { readonly kind: 'account-details' }
  | { readonly kind: 'check' }
  /** An ID token or a mytoken, which isn't given out for accounts of ours. */
  | { readonly kind: 'refused'; readonly what: string; readonly of: TokenRequest }
  /** Something that only a user's own agent can do, such as to load an account. */
  | { readonly kind: 'other' };

export interface TokenRequest {
  readonly kind: 'token';
  /** The name of an account that the settings declare, or what was given in its place. */
  readonly account: string | undefined;
  readonly issuer: string | undefined;
  /** The ID of a provider, asked for by our own command. */
  readonly provider: string | undefined;
  /** The label of one of several accounts with the provider. */
  readonly label: string | undefined;
  /** Undefined: those that the account is declared with. */
  readonly scopes: readonly string[] | undefined;
  readonly resource: string | undefined;
  readonly audience: string | undefined;
  /** Where the tool sends the token, asked for by our own command. */
  readonly host: string | undefined;
  /** Seconds that the token has to be valid for. A negative number asks for a new one. */
  readonly minValid: number;
  /** The request that a bound token is for, asked for by our own command: it gets a proof then. */
  readonly proof?: { readonly method: string; readonly url: string; readonly nonce?: string } | undefined;
  /** What the client calls itself. Anyone can write anything there. */
  readonly hint: string | undefined;
}

/** A response, as oidc-agent's clients read it. */
export type AgentResponse =
  (Readonly<Record<string, unknown>> & { readonly status: 'success' }) | AgentFailure;

export interface AgentFailure {
  readonly status: 'failure';
  /** What happened, in English: clients print it, and some compare it. */
  readonly error: string;
  /** What to do about it. Clients print it below the error. */
  readonly info?: string;
  /** Tells our own command why. */
  readonly code?: FailureCode;
}

export type FailureCode = 'failed' | 'usage' | 'declined' | 'not-signed-in';

export const failure = (error: string, info?: string, code: FailureCode = 'failed'): AgentFailure => ({
  status: 'failure',
  error,
  ...(info !== undefined && { info }),
  code,
});

/** Exactly what makes clients go on to the agent of `OIDC_REMOTE_SOCK`. */
export const unknownAccount = 'No account configured with that short name';

const longestText = 2000;
const mostScopes = 100;
/** A scope (RFC 6749, section 3.3). */
const scope = /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/;
const controls = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** @throws AgentFailure */
function text(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' || value.length > longestText || controls.test(value))
    throw new BadRequest(name);
  return value;
}

/** A member of a request isn't what it has to be. */
class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

function scopesIn(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const words = typeof value === 'string' ? value.split(' ').filter(word => word !== '') : value;
  const isList = Array.isArray(words) && words.length <= mostScopes;
  if (!isList || !words.every((word): word is string => typeof word === 'string' && scope.test(word)))
    throw new BadRequest('scope');
  return [...new Set(words)];
}

function seconds(value: unknown): number {
  if (value === undefined || value === null) return 0;
  const number = typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw new BadRequest('min_valid_period');
  return number;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function proofIn(
  json: Readonly<Record<string, unknown>>,
): { method: string; url: string; nonce?: string } | undefined {
  const url = text(json['url'], 'url');
  const nonce = text(json['nonce'], 'nonce');
  if (url === undefined) return undefined;
  const method = text(json['method'], 'method') ?? 'GET';
  return { method, url, ...(nonce !== undefined && { nonce }) };
}

/** Reads a request of oidc-agent's protocol, or of our own command, which adds `provider`, `label`, `resource`, `host`,
 * and `url`, `method` and `nonce` of a request that it needs a proof for. */
export function readRequest(json: unknown): AgentRequest | AgentFailure {
  if (!isObject(json)) return failure('Bad Request: not an object');
  const { request } = json;
  if (request === 'loaded_accounts') return { kind: 'accounts' };
  if (request === 'account_info') return { kind: 'account-details' };
  if (request === 'check') return { kind: 'check' };
  if (typeof request !== 'string') return failure('Bad Request: no request type');
  if (request !== 'access_token' && request !== 'id_token' && request !== 'mytoken') return { kind: 'other' };
  try {
    const token: TokenRequest = {
      kind: 'token',
      account: text(json['account'], 'account'),
      issuer: text(json['issuer'], 'issuer'),
      provider: text(json['provider'], 'provider'),
      label: text(json['label'], 'label'),
      scopes: scopesIn(json['scope']),
      resource: text(json['resource'], 'resource'),
      audience: text(json['audience'], 'audience'),
      host: text(json['host'], 'host'),
      minValid: seconds(json['min_valid_period']),
      proof: proofIn(json),
      hint: text(json['application_hint'], 'application_hint'),
    };
    return request === 'access_token' ? token : { kind: 'refused', what: request, of: token };
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error;
    return failure(`Bad Request: ${error.message} has a value that can't be used`);
  }
}
