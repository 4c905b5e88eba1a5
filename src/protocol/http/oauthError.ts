import { Failure, saying } from '../failures/failure.ts';
import { readForms } from './forms.ts';
import { looksLikePage, parseServerObject } from './json.ts';
import { errorCode, quoteServerText, textOf } from './serverText.ts';

/** An error response, parsed but not yet classified. */
export interface Refusal {
  readonly status: number;
  /** The code of an OAuth error: the authorization server itself has spoken (RFC 6749 section 5.2). */
  readonly error: string | undefined;
  /** What it said about it, as a sentence of its own, or nothing. */
  readonly said: string;
  /** A page received instead of a response. */
  readonly page: string | undefined;
  /** Set if the server is busy or broken: the same request can succeed later. */
  readonly busy: Failure | undefined;
}

const errorForms = { error: 'text', error_description: 'text' } as const;

/** @returns undefined for a success. */
export async function readRefusal(response: Response, host: string): Promise<Refusal | undefined> {
  if (response.ok) return undefined;
  const { status, headers } = response;
  const text = await textOf(response);
  const body = readForms(parseServerObject(text) ?? {}, errorForms, () => undefined);
  const error = errorCode(body['error']);
  const said = saying(quoteServerText(body['error_description'] ?? otherWords(body)));
  const isPage = looksLikePage(text) || (headers.get('content-type') ?? '').includes('text/html');
  const page = isPage && error === undefined ? text : undefined;
  const saysBusy = error === 'server_error' || error === 'temporarily_unavailable';
  const options = { ...retryAfterOf(response), oauthError: error };
  const busy =
    saysBusy && status < 500
      ? new Failure('server-failed', { host, status: error, said }, options)
      : busyFailure(response, host, said, error);
  return { status, error, said, page, busy };
}

/** The properties in which servers explain an error that have no `error_description`. */
const explaining =
  /^(?:details?|message|title|reason|description|errors?|error[_-]?(?:message|msg|summary|details?|causes))$/i;

/** Returns the first explanation in an error of another form, also in a list of errors. */
function otherWords(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return value.includes(' ') ? value : undefined;
  if (typeof value !== 'object' || value === null || depth > 3) return undefined;
  const members = Object.entries(value).filter(
    ([name]) => depth > 0 || Array.isArray(value) || explaining.test(name),
  );
  for (const [, member] of members) {
    const words = otherWords(member, depth + 1);
    if (words !== undefined) return words;
  }
  return undefined;
}

/**
 * Classifies an error response of the token endpoint, or of a similar endpoint (RFC 6749 section 5.2). Servers differ
 * in how they refuse, so it decides by classes:
 *
 * - the server is busy or broken (408, 425, 429, 5xx): passing
 * - the client's certificate is refused by a proxy in front of the server: final
 * - another party responded, such as a captive portal (HTML, 404): passing
 * - the client is refused (`invalid_client`, `unauthorized_client`, any OAuth error with 401): final
 * - the grant is refused (`invalid_grant`, a bare 400, 401 or 403): final
 * - any other OAuth error: final
 *
 * @param proof the credentials of the request, which a 401 is about.
 * @returns undefined for a success.
 */
export async function tokenEndpointFailure(
  response: Response,
  host: string,
  proof: 'client' | 'token' = 'client',
): Promise<Failure | undefined> {
  const refusal = await readRefusal(response, host);
  if (!refusal) return undefined;
  const { status, error, said, page, busy } = refusal;
  if (busy) return busy;
  if (error !== undefined) {
    const isClient = status === 401 && proof === 'client' && !pollErrors.has(error);
    return errorFailure(error, { host, error, said }, isClient, status);
  }

  // The response of nginx instead of the server behind it.
  const objection =
    page !== undefined && status === 400
      ? /(?:No required )?SSL certificate(?: error| was sent)?/.exec(page)
      : null;
  if (objection) return new Failure('certificate-refused', { host, reason: `“${objection[0]}”` });
  if (page !== undefined || ![400, 401, 403].includes(status))
    return new Failure('intercepted', { host, status });
  const challenge = response.headers.get('www-authenticate') ?? '';
  if (/error="?invalid_client/i.test(challenge))
    return errorFailure('invalid_client', { host, error: 'invalid_client', said }, true);
  const details = { host, error: `status ${status}`, said };
  const code = /\bBasic\b/i.test(challenge) ? 'client-refused' : 'grant-refused';
  return new Failure(code, details, { status });
}

/**
 * The errors while the user of a device hasn't decided yet (RFC 8628 section 3.5). They say nothing about the client.
 */
const pollErrors: ReadonlySet<string> = new Set([
  'authorization_pending',
  'slow_down',
  'access_denied',
  'expired_token',
]);

/** @param isClient true: whatever it is called, the client is what is refused. */
function errorFailure(
  error: string,
  details: { readonly host: string; readonly error: string; readonly said: string },
  isClient: boolean,
  status?: number,
): Failure {
  const spoken = { oauthError: error, status };
  const { host, said } = details;
  if (demandsProof(error, said)) return new Failure('proof-demanded', { host, said }, spoken);
  if (isOfAnotherCertificate(said)) return new Failure('certificate-mismatch', details, spoken);
  if (ofNoCertificate.test(said)) return new Failure('certificate-demanded', details, spoken);
  if (error === 'invalid_grant') return new Failure('grant-refused', details, spoken);
  return isClient || error === 'invalid_client' || error === 'unauthorized_client'
    ? new Failure('client-refused', details, spoken)
    : new Failure('request-refused', details, spoken);
}

/** As {@link tokenEndpointFailure} of a request that has to succeed. @throws what that returns. */
export async function checkSuccess(
  response: Response,
  host: string,
  proof: 'client' | 'token' = 'client',
): Promise<void> {
  const failure = await tokenEndpointFailure(response, host, proof);
  if (failure) throw failure;
}

/** True for an error about a proof of possession (RFC 9449), which was missing or isn't accepted. */
export const demandsProof = (error: string, said: string): boolean =>
  error === 'invalid_dpop_proof' || error === 'use_dpop_nonce' || /\bDPoP\b/i.test(said);

/** A server's words for a certificate that isn't the token's, and for one that is missing (RFC 8705 section 3). */
const isOfAnotherCertificate = (said: string): boolean =>
  /x5t#S256/i.test(said) || (/thumbprint/i.test(said) && /not match/i.test(said));
const ofNoCertificate = /MTLS HoK|client certificate (?:is )?(?:not provided|missing)/i;

/** Returns the failure of a busy or broken server, or undefined for any other response. */
export function busyFailure(
  response: Response,
  host: string,
  said = '',
  oauthError?: string,
): Failure | undefined {
  const { status } = response;
  const options = { ...retryAfterOf(response), oauthError };
  if (status === 429) return new Failure('rate-limited', { host, status, said }, options);
  const failed = status >= 500 || status === 408 || status === 425;
  return failed ? new Failure('server-failed', { host, status, said }, options) : undefined;
}

/** The HTTP client has replaced the time in `Retry-After` with seconds when the response came. */
function retryAfterOf({ headers }: Response): { readonly retryAfter: number | undefined } {
  const seconds = headers.get('retry-after') ?? '';
  return { retryAfter: /^\d{1,4}$/.test(seconds) ? Number(seconds) : undefined };
}
