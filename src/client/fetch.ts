import type * as vscode from 'vscode';
import { safeAddress } from './address.ts';
import { credentialsFor, takesNonce, type Holder } from './credentials.ts';
import { answerRefusal, isRefusal } from './refusal.ts';
import { aimFor } from './resource.ts';
import { sessionFor, type AuthorizedOptions } from './session.ts';

export interface AuthorizedFetchOptions extends AuthorizedOptions {
  /** Sends the requests. Defaults to the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** Warnings go to the log of the extension host, unless they are wanted elsewhere. */
export const withWarnings = <T extends AuthorizedOptions>(options: T): T => ({
  warn: (message: string) => console.warn(message),
  ...options,
});

/**
 * Creates a `fetch` that sends the user's access token.
 *
 * The token is sent only to the origin of the URL you call: a redirect to another origin is followed without it. If
 * the server refuses the token, its `WWW-Authenticate` header is passed to the editor, which gets a new token or a
 * stronger sign-in, and the request is repeated once if its body allows that. A streamed body isn't repeated: you get
 * the refusal, and your next request has the new token. After redirects, only the last request is repeated.
 *
 * A token that is bound to a key (DPoP, RFC 9449) is sent with a new proof each time. If the server demands its nonce in
 * the proof, the request is repeated once with it, under the same condition.
 *
 * @returns a function with `fetch`'s arguments that resolves with the server's response, even a 401. It throws
 * `SignInDeclined`, `AccessRefused` if no sign-in helps, and `TypeError` for a URL that is neither https nor on this
 * computer.
 */
export function authorizedFetch(
  providerId: string,
  scopes: readonly string[],
  given: AuthorizedFetchOptions = {},
): (address: string | URL, init?: RequestInit) => Promise<Response> {
  const options = withWarnings(given);
  const send = options.fetch ?? ((...request: Parameters<typeof fetch>) => globalThis.fetch(...request));
  return async (address, init = {}) => {
    const url = safeAddress(address);
    const given = new Headers(init.headers);
    for (const name of ['Authorization', 'DPoP'])
      if (given.has(name)) throw new TypeError(`authorizedFetch sets the header ${name} itself.`);
    const aim = aimFor(providerId, scopes, url);
    const again = (): Promise<vscode.AuthenticationSession> => sessionFor(providerId, aim.scopes, options);
    const holder: Holder = { session: await again(), again };
    const first = await follow(send, url, init, holder);
    if (!first.sawToken || !isRefusal(first.response)) return first.response;
    init.signal?.throwIfAborted();
    const { session } = holder;
    const another = await answerRefusal(providerId, aim, options, session, first.response, first.url);
    init.signal?.throwIfAborted();
    if (!another || !isRepeatable(first.request.body)) return first.response;
    await first.response.body?.cancel();
    // From where it was refused: what led there has been done, and must not be done twice.
    return (await follow(send, first.url, first.request, { session: another, again })).response;
  };
}

const isRepeatable = (body: unknown): boolean =>
  body === undefined ||
  body === null ||
  typeof body === 'string' ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body) ||
  body instanceof URLSearchParams ||
  body instanceof FormData ||
  body instanceof Blob;

const mostRedirects = 10;

interface Followed {
  readonly response: Response;
  /** Where it came from. */
  readonly url: URL;
  /** What was sent there last, to be followed as the caller wants it. */
  readonly request: RequestInit;
  /** Whether the token was sent there. */
  readonly sawToken: boolean;
}

/**
 * Sends a request with the token. Once more if the server demands its nonce in the proof: it has looked at nothing else.
 *
 * @param request whose headers are set.
 */
async function sendProved(
  send: typeof fetch,
  url: URL,
  request: RequestInit & { readonly headers: Headers },
  holder: Holder,
): Promise<Response> {
  const once = async (): Promise<Response> => {
    const { authorization, dpop } = await credentialsFor(holder, methodOf(request), url);
    request.headers.set('authorization', authorization);
    if (dpop === undefined) request.headers.delete('dpop');
    else request.headers.set('dpop', dpop);
    return send(url, request);
  };
  const response = await once();
  if (!request.headers.has('dpop')) return response;
  if (!(await takesNonce(response, url)) || !isRepeatable(request.body)) return response;
  await response.body?.cancel();
  const next = await once();
  await takesNonce(next, url);
  return next;
}

/** The method as it is sent (Fetch standard, "normalize a method"): a proof names it exactly. */
function methodOf({ method = 'GET' }: RequestInit): string {
  const upper = method.toUpperCase();
  return ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(upper) ? upper : method;
}

async function follow(send: typeof fetch, start: URL, init: RequestInit, holder: Holder): Promise<Followed> {
  const { redirect = 'follow' } = init;
  const headers = new Headers(init.headers);
  let request: RequestInit & { headers: Headers } = { ...init, headers, redirect: 'manual' };
  let url = start;
  let sawToken = true;
  for (let hop = 0; ; hop++) {
    const response = await (sawToken ? sendProved(send, url, request, holder) : send(url, request));
    if (response.type === 'opaqueredirect' && redirect !== 'manual') {
      throw new TypeError(
        `${url.origin} redirects, and here nobody can see where to. Use the final address.`,
      );
    }
    const location = [301, 302, 303, 307, 308].includes(response.status)
      ? response.headers.get('location')
      : null;
    if (location === null || redirect === 'manual') {
      return { response, url, request: { ...request, redirect }, sawToken };
    }
    await response.body?.cancel();
    if (redirect === 'error') throw new TypeError(`${url.origin} redirects.`);
    if (hop === mostRedirects) throw new TypeError(`${start.origin} redirects too often.`);
    const next = safeAddress(new URL(location, url));
    if (next.origin !== url.origin) {
      sawToken = false;
      for (const name of ['authorization', 'dpop', 'cookie', 'proxy-authorization']) headers.delete(name);
    }
    request = { ...redirected(request, headers, response.status), headers };
    url = next;
  }
}

/** The request after a redirect (Fetch standard, HTTP-redirect fetch, steps 11 and 12). */
function redirected(request: RequestInit, headers: Headers, status: number): RequestInit {
  const method = (request.method ?? 'GET').toUpperCase();
  const becomesGet = status === 303 ? method !== 'HEAD' : status < 303 && method === 'POST';
  if (!becomesGet) {
    if (!isRepeatable(request.body)) throw new TypeError('A redirect needs a body that can be repeated.');
    return request;
  }
  for (const name of [...headers.keys()]) if (name.startsWith('content-')) headers.delete(name);
  const { body: _, ...rest } = request;
  return { ...rest, method: 'GET' };
}
