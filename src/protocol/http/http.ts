import { l10n } from '../../platform/shown.ts';
import type { Clock } from '../../platform/clock.ts';
import { untilDeadline, withDeadline } from '../../platform/deadline.ts';
import type { Log } from '../../platform/log.ts';
import { answerTimeout, checkAddress, type AddressPolicy } from './address.ts';
import { Failure } from '../failures/failure.ts';
import { networkFailure, unreachable } from './networkFailure.ts';
import { parseServerObject } from './json.ts';
import { longWords, quoteServerText, textOf, withText } from './serverText.ts';
import { retryAfterSeconds } from './serverTime.ts';
import { type Traffic } from './traffic.ts';

/** The signature of the platform's `fetch`, which in the editor respects its proxy and certificates. */
export type Fetch = typeof globalThis.fetch;

/**
 * Sends one request to a provider and reads the complete response.
 *
 * It has the signature of `fetch`, so oauth4webapi can use it as `customFetch`. The response has been read completely
 * when it resolves, so its body can be read without waiting.
 */
export type HttpClient = (
  url: string,
  init: {
    method?: string;
    headers?: Record<string, string>;
    body?: BodyInit | null | undefined;
    signal?: AbortSignal | undefined;
    /** Called when the request's turn has come, right before it leaves. What it throws ends the request unsent. */
    beforeSending?: (() => void) | undefined;
  },
) => Promise<Response>;

declare const isPublic: unique symbol;

/** A form without a secret: see {@link publicForm}. */
export type PublicForm = URLSearchParams & { readonly [isPublic]: true };

/** A form that asks for a token without anything that could get one. */
export const publicForm = (members: {
  readonly grant_type: 'authorization_code';
  readonly client_id: string;
}): PublicForm => new URLSearchParams(members) as PublicForm;

/**
 * Requests what anyone can request. Its type has no place for a secret, so everything that sends one has to pass the
 * gate (client/gate.ts).
 */
export type PublicHttp = (
  url: string,
  init: {
    readonly method?: 'POST';
    readonly headers?: { readonly accept: string };
    readonly body?: PublicForm;
    readonly signal?: AbortSignal;
  },
) => Promise<Response>;

export interface HttpOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy: AddressPolicy;
  readonly traffic: Traffic;
  /** Ends the request early, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** How long a request waits for its turn, in seconds, before it is given up unsent. */
export const turnTimeout = 15;

/** The largest response that is read, in bytes. Real metadata and key sets are below 100 kB. */
export const answerLimit = 1024 * 1024;

/**
 * Creates the HTTP client that all requests go through. It allows only https (see {@link checkAddress}), follows no
 * redirect, ends after {@link answerTimeout} or the configured time, reads up to {@link answerLimit} bytes, sends no
 * cookies, limits concurrent requests to each host (see {@link Traffic}), and logs method, host, path, status and
 * duration.
 *
 * @throws Failure `address-insecure`, `named-address-invalid`, `unreachable`, `timed-out`, `answer-too-large`,
 * `redirected`, `response-invalid`, in a browser also `answer-withheld`, the signal's reason, or the error of
 * `beforeSending`.
 */
export function createHttpClient(options: HttpOptions): HttpClient {
  const { clock, log, policy } = options;
  const { requestTimeout: seconds = answerTimeout.usual } = policy;
  return async (address, { method = 'GET', headers, body, signal, beforeSending }) => {
    const url = checkAddress(address, policy);
    const outside =
      options.signal && signal ? AbortSignal.any([options.signal, signal]) : (options.signal ?? signal);
    const leave = await waitForTurn(options, url, outside);
    const started = clock.now();
    const late = (): Failure => new Failure('timed-out', { host: url.host, seconds });
    let sending = false;
    try {
      beforeSending?.();
      sending = true;
      // In an editor whose window is gone, the wait for the proxy ignores the signal.
      const deadline = { clock, seconds, late, signal: outside };
      const response = await untilDeadline(deadline, async within => {
        const answer = await options.fetch(url.href, {
          method,
          redirect: 'manual',
          credentials: 'omit',
          cache: 'no-store',
          referrerPolicy: 'no-referrer',
          signal: within,
          ...(headers && { headers: withBareMediaType(headers) }),
          ...(body !== undefined && body !== null && { body }),
        });
        return readWhole(answer, url, within, clock);
      });
      refuseObstruction(response, url);
      await logWords(log, response, url);
      log.debug('answered', {
        method,
        host: url.host,
        path: url.pathname,
        status: response.status,
        milliseconds: clock.now() - started,
      });
      return response;
    } catch (error) {
      outside?.throwIfAborted();
      if (!sending) throw error;
      const failure = networkFailure(error, url);
      log.debug('not answered', { method, host: url.host, path: url.pathname, failure: failure.code });
      throw failure;
    } finally {
      leave();
    }
  };
}

/**
 * Handles statuses that only an intermediary sends: a proxy (RFC 9110 section 15.5.8), or a network that requires
 * users to sign in (RFC 6585 section 6). The request went no further than that.
 */
function refuseObstruction({ status }: Response, { host }: URL): void {
  if (status === 407) throw new Failure('proxy-refused', { host, status }, { sent: false });
  if (status === 511) throw new Failure('intercepted', { host, status }, { sent: false });
}

/** Logs the complete text of a server's error that is too long for a message. */
async function logWords(log: Log, response: Response, { host, pathname }: URL): Promise<void> {
  if (response.ok) return;
  const { error_description: words } = parseServerObject(await textOf(response)) ?? {};
  const whole = longWords(words);
  if (whole !== undefined) log.warn('refused in many words', { host, path: pathname, words: whole });
}

/** A form has no charset (RFC 6749 appendix B), and some servers compare the media type exactly. */
const withBareMediaType = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replace(/^(application\/x-www-form-urlencoded);\s*charset=utf-8$/i, '$1'),
    ]),
  );

/**
 * Waits for a slot among the requests to the host. The response time limit starts after that, so no request is sent
 * only to be abandoned at once.
 *
 * @returns a function that frees the slot.
 */
async function waitForTurn(
  { clock, traffic }: HttpOptions,
  url: URL,
  signal: AbortSignal | undefined,
): Promise<() => void> {
  signal?.throwIfAborted();
  const free = traffic.takeFree(url.host);
  if (free) return free;
  const late = (): Failure => unreachable(url, l10n.t('it hasn’t responded to earlier requests'), false);
  return withDeadline({ clock, seconds: turnTimeout, late, signal }, within =>
    traffic.enter(url.host, within),
  );
}

async function readWhole(answer: Response, url: URL, signal: AbortSignal, clock: Clock): Promise<Response> {
  // A browser hides the target of a manual redirect. Node shows it.
  if (answer.type === 'opaqueredirect' || (answer.status >= 300 && answer.status < 400)) {
    await answer.body?.cancel();
    const target = quoteServerText(withoutQuery(answer.headers.get('location'), url));
    throw new Failure('redirected', { host: url.host, target: target ?? l10n.t('another URL') });
  }
  const body = await readBody(answer, url, signal);
  const { status } = answer;
  if (status < 200 || status > 599) {
    throw new Failure('response-invalid', {
      host: url.host,
      reason: l10n.t('{0} isn’t an HTTP status', status),
    });
  }
  const headers = answer.headers.has('retry-after') ? withRetryAfter(answer, clock) : answer.headers;
  return withText(new Response(null, { status, headers }), new TextDecoder().decode(body));
}

/** The headers with `Retry-After` in seconds, for callers that read it later and without a clock. */
function withRetryAfter(answer: Response, clock: Clock): Headers {
  const headers = new Headers(answer.headers);
  const retryAfter = retryAfterSeconds(answer, clock);
  if (retryAfter === undefined) headers.delete('retry-after');
  else headers.set('retry-after', String(retryAfter));
  return headers;
}

async function readBody(answer: Response, url: URL, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (!answer.body) return new Uint8Array();
  const reader = answer.body.getReader();
  // Not every fetch ends the body's reading when the request is aborted.
  const stop = (): void => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) break;
      length += value.length;
      if (length > answerLimit) {
        await reader.cancel();
        throw new Failure('answer-too-large', { host: url.host, limit: answerLimit });
      }
      parts.push(value);
    }
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function withoutQuery(location: string | null, base: URL): string | undefined {
  const target = location === null ? null : URL.parse(location, base);
  return target ? `${target.protocol}//${target.host}${target.pathname}` : undefined;
}
