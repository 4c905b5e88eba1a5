import { readProtectedResource, type ProtectedResource } from '../protocol/server/protectedResource.ts';
import type { HttpContext } from '../protocol/server/httpContext.ts';
import type { Provider } from '../providers/entries/definition.ts';

/** So long the metadata of an API is waited for, in seconds: an extension waits, and everybody after it. */
const patience = 5;

/**
 * Reads what an API that refused a token says about itself (RFC 9728), with a request that carries no token.
 *
 * @param refused where the refused request went, if that is known for sure. An API on this computer may be plain
 * http, as the token that it refused was.
 * @returns undefined if it says nothing that can be used.
 * @throws those of the http client, and an `AbortError` after five seconds.
 */
export async function readChallengedResource(
  { clock, http }: Pick<HttpContext, 'clock' | 'http'>,
  provider: Provider,
  address: string,
  refused: URL | undefined,
): Promise<ProtectedResource | undefined> {
  const timeout = new AbortController();
  const cancel = clock.after(patience * 1000, () => timeout.abort());
  const policy = { allowLoopbackHttp: true };
  try {
    const client = http(policy, timeout.signal);
    return await readProtectedResource(client, address, policy, refused, new URL(provider.issuer).hostname);
  } finally {
    cancel();
  }
}
