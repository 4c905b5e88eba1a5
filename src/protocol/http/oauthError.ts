import { Failure, saying } from '../failures/failure.ts';
import { parseServerObject } from './json.ts';
import { errorCode, quoteServerText } from './serverText.ts';

/**
 * Judges an answer of the token endpoint, or of one that answers like it, that is not a success
 * (RFC 6749 section 5.2). Servers differ in how they refuse, so the decision is made by classes:
 *
 * - the server is busy or broken (408, 425, 429, 5xx): passing;
 * - the client's certificate is refused by what stands before the server: final;
 * - somebody else answered, as a captive portal or proxy does (HTML, 404, 407): passing;
 * - the client is refused (`invalid_client`, `unauthorized_client`): final;
 * - the grant is refused (`invalid_grant`, a bare 400, 401 or 403): final;
 * - any other OAuth error: final.
 *
 * @returns undefined for a success.
 */
export async function tokenEndpointFailure(response: Response, host: string): Promise<Failure | undefined> {
  const { status } = response;
  if (status >= 200 && status < 300) return undefined;
  const busy = busyFailure(response, host);
  if (busy) return busy;
  const text = await response.clone().text();
  const body = parseServerObject(text) ?? {};
  const error = errorCode(body['error']);
  const said = saying(quoteServerText(body['error_description']));
  switch (error) {
    case undefined:
      break;
    case 'invalid_grant':
      return new Failure('grant-refused', { host, error, said });
    case 'invalid_client':
    case 'unauthorized_client':
      return new Failure('client-refused', { host, error, said });
    case 'server_error':
    case 'temporarily_unavailable':
      return new Failure('server-failed', { host, status: error }, retryAfterOf(response));
    default:
      return new Failure('request-refused', { host, error, said });
  }

  const isPage = /^\s*</.test(text) || (response.headers.get('content-type') ?? '').includes('text/html');
  // What nginx answers in place of the server behind it.
  const objection =
    isPage && status === 400 ? /(?:No required )?SSL certificate(?: error| was sent)?/.exec(text) : null;
  if (objection) return new Failure('certificate-refused', { host, reason: `“${objection[0]}”` });
  if (isPage || ![400, 401, 403].includes(status)) return new Failure('intercepted', { host, status });
  const challenged = /\bBasic\b|error="?invalid_client/i.test(response.headers.get('www-authenticate') ?? '');
  const details = { host, error: `status ${status}`, said };
  return challenged ? new Failure('client-refused', details) : new Failure('grant-refused', details);
}

/** As {@link tokenEndpointFailure} of a request that has to succeed. @throws what that returns. */
export async function checkSuccess(response: Response, host: string): Promise<void> {
  const failure = await tokenEndpointFailure(response, host);
  if (failure) throw failure;
}

/** The failure of a server that is busy or broken; undefined for any other answer. */
export function busyFailure(response: Response, host: string): Failure | undefined {
  const { status } = response;
  if (status === 429) return new Failure('rate-limited', { host, status }, retryAfterOf(response));
  const failed = status >= 500 || status === 408 || status === 425;
  return failed ? new Failure('server-failed', { host, status }, retryAfterOf(response)) : undefined;
}

const retryAfterOf = ({ headers }: Response): { readonly retryAfter: number | undefined } => ({
  retryAfter: retryAfterSeconds(headers.get('retry-after')),
});

/** `Retry-After` in seconds, at most an hour (RFC 9110 section 10.2.3); a date is not worth a wrong clock. */
export function retryAfterSeconds(header: string | null): number | undefined {
  if (header === null || !/^\d{1,9}$/.test(header.trim())) return undefined;
  return Math.min(Number(header), 3600);
}
