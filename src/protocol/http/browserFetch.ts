import type { Fetch } from './http.ts';

/** Why a browser's `fetch` failed, as far as it can be determined. In `code`, as in Node's errors. */
export type BrowserTrouble =
  /** The browser says that there is no network. */
  | 'OFFLINE'
  /** The server is reachable, but doesn't allow this origin to read its responses. */
  | 'ANSWER_WITHHELD'
  /** The reason couldn't be determined. */
  | 'NO_READABLE_ANSWER';

/**
 * A `fetch` for requests to other origins in a browser. When a request fails there, the error is the same for every
 * reason: no network, an unknown host, or a server that doesn't allow this origin (Cross-Origin Resource Sharing,
 * CORS: the request was sent, and might have taken effect). To distinguish them, requests the URL again without
 * reading the response, which succeeds if the server is reachable. That request changes nothing (HEAD) and has no
 * parameters.
 *
 * @throws an Error whose `code` is a {@link BrowserTrouble}, or the signal's reason.
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
