import * as oauth from 'oauth4webapi';
import type { Clock } from '../../platform/clock.ts';
import type { HttpClient } from '../http/http.ts';
import { clockOffset } from '../http/serverTime.ts';
import { refusesClient } from './secretForms.ts';

/** The same client by a clock that is so many seconds ahead of ours. */
export const inTimeOf = (client: oauth.Client, ahead: number): oauth.Client => ({
  ...client,
  [oauth.clockSkew]: Number(client[oauth.clockSkew] ?? 0) + ahead,
});

/**
 * Repeats a client assertion (RFC 7523 section 3) once, by the server's clock, if the server refuses it and its clock
 * differs: the assertion is valid for a minute. A refused request has spent nothing.
 *
 * @param prove adds an assertion to a body, by a clock that is this many seconds ahead of ours.
 */
export function withAssertionTime(
  http: HttpClient,
  clock: Clock,
  prove: (ahead: number, body: URLSearchParams) => Promise<void>,
): HttpClient {
  return async (url, init) => {
    const { body } = init;
    const answer = await http(url, init);
    if (!(body instanceof URLSearchParams) || !body.has('client_assertion')) return answer;
    const offset = clockOffset(answer, clock);
    if (!offset || !(await refusesClient(answer))) return answer;
    const proven = new URLSearchParams(body);
    await prove(offset, proven);
    return http(url, { ...init, body: proven });
  };
}
