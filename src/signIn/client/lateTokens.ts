import { untilAborted } from '../../platform/abort.ts';
import type { Connection } from '../../protocol/client/client.ts';
import { revokeTokens } from '../../protocol/tokens/revocation.ts';
import type { Tokens } from '../../protocol/tokens/tokens.ts';
import type { Provider } from '../../providers/entries/definition.ts';

/**
 * Makes something of new tokens, unless the sign-in has ended by then: it was cancelled, or took too long. A token
 * request that is cut off may have been answered all the same, and nobody would know of its tokens. So the request
 * comes to its end, and what nobody waits for is given back. The sign-in itself ends at once.
 *
 * @param connection made without the signal.
 * @throws the signal's reason, or what the promises throw.
 */
export async function unlessLate<T>(
  connection: Connection,
  provider: Provider,
  signal: AbortSignal,
  request: Promise<Tokens>,
  use: (tokens: Tokens) => Promise<T>,
): Promise<T> {
  const used = request.then(tokens => {
    signal.throwIfAborted();
    return use(tokens);
  });
  try {
    return await untilAborted(used, signal);
  } catch (error) {
    // A failure that is not the end of the sign-in is judged by whoever made something of the tokens.
    if (signal.aborted)
      request.then(
        tokens => giveBack(connection, provider, tokens, 'the sign-in had ended'),
        () => undefined,
      );
    throw error;
  }
}

/** Tells the server that nobody will use these tokens. What comes of it changes nothing for the person. */
export async function giveBack(
  connection: Connection,
  provider: Provider,
  tokens: Tokens,
  why: string,
): Promise<void> {
  if (provider.revocation === 'none') return;
  const outcome = await revokeTokens(connection, tokens).catch(() => 'failed');
  connection.httpContext.log.info('tokens given back', { provider: provider.id, why, outcome });
}
