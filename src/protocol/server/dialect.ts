import type { NoteBlemish } from '../http/blemishes.ts';
import type { HttpClient } from '../http/http.ts';
import { isObject } from '../http/json.ts';
import { serverObjectOf } from '../http/jsonResponse.ts';
import { asJson, withErrorStatus, written } from './commonForms.ts';

/**
 * How a server's requests and responses differ from the standards. Each difference is a setting of its provider.
 * Without any, nothing is read leniently. A server's response is converted to the standard form before the checks of
 * every response, and never bypasses them.
 */
export interface Dialect {
  /** The separator between scopes, in requests and responses. Defaults to a space (RFC 6749 section 3.3). */
  readonly scopeSeparator?: string | undefined;
  /** The separator in responses, if it differs. */
  readonly answerScopeSeparator?: string | undefined;
  /** Scopes with another name in responses: from the server's name to the requested one. */
  readonly scopeNames?: Readonly<Record<string, string>> | undefined;
  /** The parameter of the authorization request that carries the scopes. Defaults to `scope`. */
  readonly scopeParameter?: string | undefined;
  /** A response with status 200 counts as an error if it contains `error` or `ok: false`. */
  readonly errorsWithStatus200?: boolean | undefined;
  /** Responses are form-encoded although JSON was requested, which is then no deviation worth reporting. */
  readonly formEncoded?: boolean | undefined;
  /** Properties with a nonstandard name in responses: from the server's name to the standard one. */
  readonly names?: Readonly<Record<string, string>> | undefined;
  /** Error codes of the server's own, and the standard ones that they mean. */
  readonly errors?: Readonly<Record<string, string>> | undefined;
  /** Errors come as a list `errors`, each with `code`, `title` and `detail`. */
  readonly errorList?: boolean | undefined;
  /** The property that contains the user's tokens, if they aren't on the top level. */
  readonly tokensIn?: string | undefined;
  /** The token type is missing or has a name of its own, though the tokens are bearer tokens. */
  readonly assumeBearer?: boolean | undefined;
  /** Members that are null, or empty text, count as absent. */
  readonly emptyMeansAbsent?: boolean | undefined;
  /** Additional properties of token responses to keep among the claims. */
  readonly keep?: readonly string[] | undefined;
}

/** Puts the scopes among the parameters of a request. None at all leaves the parameter out. */
export function setScopes(
  parameters: URLSearchParams,
  scopes: readonly string[],
  { scopeSeparator = ' ', scopeParameter = 'scope' }: Dialect,
): void {
  if (scopes.length > 0) parameters.set(scopeParameter, scopes.join(scopeSeparator));
}

/** True if responses have to be converted to the standard form. */
const changesAnswers = ({ scopeParameter: _, keep: __, ...rest }: Dialect): boolean =>
  Object.values(rest).some(value => value !== undefined);

/**
 * The HTTP client of a server, for requests whose responses hold tokens and device codes: it converts unambiguous
 * forms, and the server's dialect.
 */
export function inDialect(http: HttpClient, dialect: Dialect, note: NoteBlemish): HttpClient {
  const noteForm = dialect.formEncoded ? () => undefined : note;
  return async (url, init) => {
    const response = await http(url, init);
    // Keys and metadata are fetched with GET and have no dialects.
    if (init.method !== 'POST') return response;
    const read = await asJson(response, noteForm);
    const standard = changesAnswers(dialect) ? await standardAnswer(read, dialect) : read;
    const isRefresh = init.body instanceof URLSearchParams && init.body.get('grant_type') === 'refresh_token';
    return withErrorStatus(standard, isRefresh, note);
  };
}

/** Converts a response to what a server without a dialect would have sent. Leaves unknown parts unchanged. */
export async function standardAnswer(response: Response, dialect: Dialect): Promise<Response> {
  const body = await serverObjectOf(response);
  if (!body) return response;
  const members = renamed(hoisted(withoutEmpty(body, dialect), dialect), dialect);
  const isError =
    dialect.errorsWithStatus200 === true && (typeof members['error'] === 'string' || members['ok'] === false);
  const status = response.status === 200 && isError ? 400 : response.status;
  if (dialect.errorList && [400, 401, 403].includes(status)) firstOfList(members, dialect);
  const error = members['error'];
  if (typeof error === 'string') members['error'] = ownMember(dialect.errors, error) ?? error;
  if (status >= 200 && status < 300) {
    const isBound = /^dpop$/i.test(String(members['token_type']));
    if (dialect.assumeBearer && !isBound && members['access_token'] !== undefined)
      members['token_type'] = 'Bearer';
    standardScope(members, dialect);
  }
  return written(members, response, status);
}

type Members = Record<string, unknown>;

const withoutEmpty = (body: Readonly<Members>, { emptyMeansAbsent }: Dialect): Members =>
  emptyMeansAbsent
    ? Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== ''))
    : body;

function hoisted(body: Members, { tokensIn }: Dialect): Members {
  const inner = tokensIn === undefined ? undefined : body[tokensIn];
  return isObject(inner) ? { ...body, ...inner } : body;
}

function renamed(body: Members, { names }: Dialect): Members {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      const standard = ownMember(names, name);
      // A standard member that is there as well is the better one.
      return [standard !== undefined && !(standard in body) ? standard : name, value];
    }),
  );
}

/** Converts the first of a list of errors to a standard error: a refusal, unless its code is mapped. */
function firstOfList(members: Members, { errors }: Dialect): void {
  const list = members['errors'];
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  if (!isObject(first)) return;
  const { code, title, detail } = first;
  members['error'] ??= (typeof code === 'string' && ownMember(errors, code)) || 'invalid_grant';
  const said = [title, detail, code].filter(part => typeof part === 'string' && part !== '');
  if (said.length > 0) members['error_description'] ??= said.join(', ');
}

function standardScope(
  members: Members,
  { scopeSeparator, answerScopeSeparator, scopeNames }: Dialect,
): void {
  const separator = answerScopeSeparator ?? scopeSeparator ?? ' ';
  const { scope } = members;
  if (typeof scope !== 'string' || (separator === ' ' && scopeNames === undefined)) return;
  const scopes = scope.split(separator).filter(Boolean);
  members['scope'] = scopes.map(name => ownMember(scopeNames, name) ?? name).join(' ');
}

const ownMember = (record: Readonly<Record<string, string>> | undefined, name: string): string | undefined =>
  record && Object.hasOwn(record, name) ? record[name] : undefined;
