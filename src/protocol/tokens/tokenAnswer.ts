import { l10n } from '../../platform/shown.ts';
import type { ProofBinding } from '../client/keys/proofBindings.ts';
import { Failure } from '../failures/failure.ts';
import type { NoteBlemish } from '../http/blemishes.ts';
import { readForms, type Forms } from '../http/forms.ts';
import { isJwt, isObject, parseServerObject, payloadOf } from '../http/json.ts';
import { jsonIn, noteMediaType, responseOf } from '../http/jsonResponse.ts';
import { textOf } from '../http/serverText.ts';
import { withStandardTypes } from './idTokenForms.ts';

/** The longest token that is taken, in characters. A header of a request seldom holds more than 16,000. */
export const longestToken = 64 * 1024;

/** The longest believable lifetime, in seconds: a hundred years. Above it, dates can't be calculated. */
const longestLifetime = 100 * 365 * 86_400;

/** The properties of a successful token response (RFC 6749 section 5.1) that are used here. */
export const tokenForms = {
  access_token: 'exact',
  refresh_token: 'exact',
  id_token: 'exact',
  token_type: 'text',
  expires_in: 'number',
  scope: 'words',
  error: 'text',
} as const satisfies Forms;

/** What each token is made of: RFC 6749 appendix A.12 and A.17, RFC 7515 section 3.1. */
export const tokenGrammar = {
  access_token: /^[\x20-\x7E]+$/,
  refresh_token: /^[\x20-\x7E]+$/,
  id_token: /^[\w-]+(\.[\w-]*){2,4}$/,
};

export const isToken = (name: string, value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= longestToken &&
  value.trim() !== '' &&
  tokenGrammar[name as keyof typeof tokenGrammar].test(value);

/** See {@link readTokenAnswer}. */
interface Expected {
  readonly serverTime: number;
  readonly binds: ProofBinding | undefined;
  readonly boundTo: string | undefined;
}

export interface TokenAnswer {
  /** As the standards have it: status 200, JSON, and each member in its form. */
  readonly standard: Response;
  /** The remaining lifetime of the access token, in seconds, if the server or the token says. */
  readonly lifetime: number | undefined;
  /** As the server sent it and signed it. */
  readonly idToken: string | undefined;
}

/**
 * Reads a success of a token endpoint for what it means, and refuses what the library would let pass, or refuse with an
 * error that repeats the body.
 *
 * @param serverTime the time by the server's clock, in seconds since the epoch.
 * @param binds what is bound to the key that was proved. Undefined: there is none.
 * @param boundTo the certificate that the access token must be bound to, by its `x5t#S256`. Undefined: none.
 * @throws Failure `response-invalid`, `intercepted`, `token-unbound`, `token-bound`, `token-uncertified`.
 */
export async function readTokenAnswer(
  response: Response,
  host: string,
  note: NoteBlemish,
  { serverTime, binds, boundTo }: Expected,
): Promise<TokenAnswer> {
  const invalid = (reason: string): Failure => new Failure('response-invalid', { host, reason });
  if ((await textOf(response)).trim() === '') throw invalid(l10n.t('it is empty'));
  const written = await jsonIn(response, host);
  if (!isObject(written)) throw invalid(l10n.t('it isn’t a JSON object'));
  const body = readForms(written, tokenForms, note);
  if (body['error'] !== undefined) throw invalid(l10n.t('it is an error with a success status'));
  if (response.status !== 200) note('token.status', String(response.status));
  noteMediaType(response, note);
  if (body['access_token'] === undefined) throw invalid(l10n.t('it contains no access token'));
  // Without a key, only a bearer token was requested.
  const type = body['token_type'];
  const spelling = typeof type === 'string' ? type.trim() : '';
  const isBound = binds !== undefined && /^dpop$/i.test(spelling);
  if (!isBound && type !== undefined && !bearerSpelling.test(spelling))
    throw invalid(l10n.t('the token type isn’t Bearer'));
  if (binds && isBound !== (binds === 'required'))
    throw isBound ? new Failure('token-bound', { host }) : new Failure('token-unbound', { host });
  if (!isBound && String(type).toLowerCase() !== 'bearer') note('token.type', 'token_type');
  for (const [name, grammar] of Object.entries(tokenGrammar)) {
    const token = body[name];
    if (token === undefined || isToken(name, token)) continue;
    // Some servers write this for a token that they don't issue.
    if (name !== 'access_token' && token === false) {
      note('form.unreadable', name);
      delete body[name];
      continue;
    }
    const isLong = typeof token === 'string' && token.length > longestToken && grammar.test(token);
    const called = name.replace('_', ' ');
    throw invalid(isLong ? l10n.t('its {0} is too long', called) : l10n.t('its {0} is malformed', called));
  }
  if (boundTo !== undefined && isBoundElsewhere(body['access_token'], boundTo))
    throw new Failure('token-uncertified', { host });
  const said = saidLifetime(body['expires_in'] as number | undefined, note);
  const { expires_in: _, ...rest } = body;
  const idToken = isToken('id_token', body['id_token']) ? body['id_token'] : undefined;
  const members = {
    ...rest,
    ...(idToken !== undefined && { id_token: withStandardTypes(idToken, note) }),
    token_type: isBound ? 'dpop' : 'bearer',
    ...(said !== undefined && { expires_in: said }),
  };
  return {
    standard: responseOf(members, dateOf(response)),
    idToken,
    lifetime: said ?? lifetimeInside(body['access_token'], serverTime, note),
  };
}

/** True for an access token that can be read, and isn't bound to this certificate (RFC 8705 section 3.1). */
function isBoundElsewhere(accessToken: unknown, boundTo: string): boolean {
  if (typeof accessToken !== 'string' || !isJwt(accessToken)) return false;
  const claims = parseServerObject(payloadOf(accessToken));
  const confirmation = claims?.['cnf'];
  return claims !== undefined && !(isObject(confirmation) && confirmation['x5t#S256'] === boundTo);
}

/** The spellings in the standards and in practice: `BearerToken`, `Bearer Token`. */
const bearerSpelling = /^bearer([\s_-]?token)?$/i;

/** The times in the tokens are judged by the server's clock. */
function dateOf({ headers }: Response): Record<string, string> {
  const date = headers.get('date');
  return date === null ? {} : { date };
}

function saidLifetime(seconds: number | undefined, note: NoteBlemish): number | undefined {
  if (seconds === undefined) return undefined;
  // Servers write 0 for a token that doesn't expire: one that is already expired would be of no use.
  if (seconds >= 1) return Math.min(Math.floor(seconds), longestLifetime);
  note('form.unreadable', 'expires_in');
  return undefined;
}

/** What an access token says itself that is a JSON Web Token: `exp` (RFC 7519 section 4.1.4), and never more. */
function lifetimeInside(accessToken: unknown, now: number, note: NoteBlemish): number | undefined {
  if (typeof accessToken !== 'string' || !isJwt(accessToken)) return undefined;
  const { exp } = readForms(parseServerObject(payloadOf(accessToken)) ?? {}, { exp: 'number' }, note);
  if (typeof exp !== 'number') return undefined;
  note('token.exp', 'expires_in');
  return Math.min(Math.max(Math.floor(exp - now), 0), longestLifetime);
}
