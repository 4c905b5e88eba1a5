import { publicForm } from '../../protocol/http/http.ts';
import { Failure } from '../../protocol/failures/failure.ts';
import type { Metadata } from '../../protocol/server/metadata.ts';
import type { HttpContext } from '../../protocol/server/httpContext.ts';
import type { Provider } from '../../providers/entries/definition.ts';

/**
 * Finds out whether the token endpoint withholds its responses from an extension inside a browser, whose origin the
 * server has to allow (CORS). This is checked before the user signs in: afterwards the code would be spent, and its
 * response lost.
 *
 * Sends a token request without the required code, which every server refuses. It names the client, because many
 * servers allow origins by client.
 *
 * @returns the failure `answer-withheld`. Undefined if responses are readable, if there is no client yet, or if it
 * can't be found out.
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
      body: publicForm({ grant_type: 'authorization_code', client_id: clientId }),
    });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return error instanceof Failure && error.code === 'answer-withheld' ? error : undefined;
  }
}
