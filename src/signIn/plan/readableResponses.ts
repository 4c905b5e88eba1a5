import { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';

/**
 * Finds out whether the token endpoint withholds its answers from an extension inside a browser, whose origin the server has
 * to allow (CORS). Better known before a person signs in than after: the code would be spent, and its answer lost.
 *
 * The endpoint is asked for a token without the code that this takes, which every server refuses. The client is
 * named, since many servers allow origins by client.
 *
 * @returns the failure `answer-withheld`; undefined if it does not, if there is no client yet, or if it cannot be
 * found out.
 */
export async function withheldTokens(
  httpContext: HttpContext,
  provider: Provider,
  { token_endpoint: endpoint }: Pick<Metadata, 'token_endpoint'>,
  signal?: AbortSignal,
): Promise<Failure | undefined> {
  const { clientId } = provider;
  if (endpoint === undefined || clientId === undefined) return undefined;
  try {
    await httpContext.http(provider, signal)(endpoint, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ grant_type: 'authorization_code', client_id: clientId }),
    });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return error instanceof Failure && error.code === 'answer-withheld' ? error : undefined;
  }
}
