import type { Fetch } from './http.ts';

/** Why a browser's `fetch` failed, as far as that can be found out; in `code`, as Node's errors have it. */
export type BrowserTrouble =
  /** The browser says that there is no network. */
  | 'OFFLINE'
  /** The server is there, but does not allow this origin to read its answers. */
  | 'ANSWER_WITHHELD'
  /** It could not be found out. */
  | 'NO_READABLE_ANSWER';

/**
 * `fetch` in a browser, for requests to other origins. When a request fails there, the error is the same whatever
 * happened: no network, no such host, or a server that does not allow this origin (Cross-Origin Resource Sharing,
 * CORS; the request was sent then, and may have taken effect). To tell these apart, the address is asked once more
 * without wanting to read the answer, which any server that is there answers. That request changes nothing (HEAD)
 * and has no parameters.
 *
 * @throws an Error whose `code` is a {@link BrowserTrouble}; or the signal's reason.
 */
export const browserFetch =
  (fetch: Fetch): Fetch =>
  async (input, init) => {
    try {
      return await fetch(input, init);
    } catch {
      init?.signal?.throwIfAborted();
      const code = await trouble(fetch, new URL(input instanceof Request ? input.url : input), init?.signal);
      init?.signal?.throwIfAborted();
      throw Object.assign(new TypeError('The browser did not let the answer be read.'), { code });
    }
  };

async function trouble(
  fetch: Fetch,
  { origin, pathname }: URL,
  signal: AbortSignal | null | undefined,
): Promise<BrowserTrouble> {
  if (navigator.onLine === false) return 'OFFLINE';
  try {
    await fetch(`${origin}${pathname}`, {
      method: 'HEAD',
      mode: 'no-cors',
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      ...(signal && { signal }),
    });
    return 'ANSWER_WITHHELD';
  } catch {
    return 'NO_READABLE_ANSWER';
  }
}
