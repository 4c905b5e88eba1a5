import { safeAddress } from './address.ts';
import { answerRefusal, isRefusal } from './refusal.ts';
import { scopesFor } from './resource.ts';
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
    if (new Headers(init.headers).has('authorization')) {
      throw new TypeError('authorizedFetch sets the header Authorization itself.');
    }
    const wanted = scopesFor(providerId, scopes, url);
    const session = await sessionFor(providerId, wanted, options);
    const first = await follow(send, url, init, session.accessToken);
    if (!first.sawToken || !isRefusal(first.response)) return first.response;
    init.signal?.throwIfAborted();
    const another = await answerRefusal(providerId, wanted, options, session, first.response, first.url);
    init.signal?.throwIfAborted();
    if (!another || !isRepeatable(first.request.body)) return first.response;
    await first.response.body?.cancel();
    // From where it was refused: what led there has been done, and must not be done twice.
    return (await follow(send, first.url, first.request, another.accessToken)).response;
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

async function follow(send: typeof fetch, start: URL, init: RequestInit, token: string): Promise<Followed> {
  const { redirect = 'follow' } = init;
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${token}`);
  let request: RequestInit = { ...init, headers, redirect: 'manual' };
  let url = start;
  for (let hop = 0; ; hop++) {
    const response = await send(url, request);
    if (response.type === 'opaqueredirect') {
      throw new TypeError(
        `${url.origin} redirects, and here nobody can see where to. Use the final address.`,
      );
    }
    const location = [301, 302, 303, 307, 308].includes(response.status)
      ? response.headers.get('location')
      : null;
    if (location === null || redirect === 'manual') {
      return { response, url, request: { ...request, redirect }, sawToken: headers.has('authorization') };
    }
    await response.body?.cancel();
    if (redirect === 'error') throw new TypeError(`${url.origin} redirects.`);
    if (hop === mostRedirects) throw new TypeError(`${start.origin} redirects too often.`);
    const next = safeAddress(new URL(location, url));
    if (next.origin !== url.origin) {
      for (const name of ['authorization', 'cookie', 'proxy-authorization']) headers.delete(name);
    }
    request = redirected(request, headers, response.status);
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
