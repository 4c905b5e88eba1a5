import * as v from 'valibot';
import { Failure, saying } from '../failures/failure.ts';
import { errorCode, quoteServerText } from './serverText.ts';

const errorBody = v.object({
  error: v.optional(v.unknown()),
  error_description: v.optional(v.unknown()),
});

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
  const retryAfter = retryAfterSeconds(response.headers.get('retry-after'));
  if (status === 429) return new Failure('rate-limited', { host, status }, { retryAfter });
  if (status >= 500 || status === 408 || status === 425) {
    return new Failure('server-failed', { host, status }, { retryAfter });
  }

  const text = await response.clone().text();
  const body = parseErrorBody(text);
  const error = errorCode(body?.error);
  const said = saying(quoteServerText(body?.error_description));
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
      return new Failure('server-failed', { host, status: error }, { retryAfter });
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

function parseErrorBody(text: string): v.InferOutput<typeof errorBody> | undefined {
  try {
    const parsed = v.safeParse(errorBody, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** `Retry-After` in seconds, at most an hour (RFC 9110 section 10.2.3); a date is not worth a wrong clock. */
export function retryAfterSeconds(header: string | null): number | undefined {
  if (header === null || !/^\d{1,9}$/.test(header.trim())) return undefined;
  return Math.min(Number(header), 3600);
}
