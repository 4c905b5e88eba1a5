import type { NoteBlemish } from '../http/blemishes.ts';
import { serverObjectOf } from '../http/jsonResponse.ts';
import { errorCode, textOf } from '../http/serverText.ts';

/**
 * Error codes of the standards (RFC 6749 section 5.2, RFC 8628 section 3.5, RFC 8707 section 2) and those that GitHub has
 * in their place. Another code in a success says nothing of who speaks: it could be a proxy.
 */
const standardErrors: ReadonlySet<string> = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'invalid_scope'],
  ...['unsupported_grant_type', 'invalid_target', 'server_error', 'temporarily_unavailable'],
  ...['authorization_pending', 'slow_down', 'access_denied', 'expired_token'],
]);
const gitHubErrors: ReadonlyMap<string, string> = new Map([
  ['bad_verification_code', 'invalid_grant'],
  ['bad_refresh_token', 'invalid_grant'],
  ['incorrect_device_code', 'invalid_grant'],
  ['incorrect_client_credentials', 'invalid_client'],
  ['device_flow_disabled', 'unauthorized_client'],
]);

/** What a success holds, by endpoint: a response with one of these is no refusal. */
const gifts = ['access_token', 'refresh_token', 'id_token', 'device_code', 'request_uri'];

type Members = Readonly<Record<string, unknown>>;

/** The response as JSON, if it is form-encoded like GitHub's. Otherwise unchanged. */
export async function asJson(response: Response, note: NoteBlemish): Promise<Response> {
  const mediaType = response.headers.get('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\b|^text\/plain\b/i.test(mediaType)) return response;
  const members = membersOfForm((await textOf(response)).trim());
  if (!members) return response;
  note('form.encoded', 'content-type');
  return written(members, response, response.status);
}

/** Undefined for a text that is no form, or could mean more than one thing. */
function membersOfForm(text: string): Members | undefined {
  if (!/^[\w.-]+=[^\s&]*(?:&[\w.-]+=[^\s&]*)*$/.test(text)) return undefined;
  const entries = [...new URLSearchParams(text)];
  const names = new Set(entries.map(([name]) => name));
  if (names.size < entries.length || names.has('__proto__')) return undefined;
  return [...gifts, 'error'].some(name => names.has(name)) ? Object.fromEntries(entries) : undefined;
}

/**
 * Gives a known error the status of an error, if it has that of a success.
 *
 * @param isRefresh true: it could end a sign-in, which only the server itself is allowed to do. Then only GitHub's own
 * codes count, which no proxy has.
 */
export async function withErrorStatus(
  response: Response,
  isRefresh: boolean,
  note: NoteBlemish,
): Promise<Response> {
  if (!response.ok) return response;
  const members = await serverObjectOf(response);
  if (!members) return response;
  const code = errorCode(members['error']) ?? '';
  const error = gitHubErrors.get(code) ?? (standardErrors.has(code) && !isRefresh ? code : undefined);
  if (error === undefined || gifts.some(name => Object.hasOwn(members, name))) return response;
  note('form.error-status', 'error');
  return written({ ...members, error }, response, 400);
}

/** A response like the given one, with these members as its JSON. */
export function written(members: Members, { headers: given }: Response, status: number): Response {
  const headers = new Headers(given);
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  return new Response(JSON.stringify(members), { status, headers });
}
