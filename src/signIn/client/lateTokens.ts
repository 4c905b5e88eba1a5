import { untilAborted } from '../../platform/abort.ts';
import type { Connection } from '../../protocol/client/client.ts';
import { revokeTokens } from '../../protocol/tokens/revocation.ts';
import type { Provider } from '../../providers/entries/definition.ts';

/**
 * Finishes a sign-in, and revokes the tokens that arrive if it fails: they were refused, or no caller waits for them
 * any more. A token request that is cut off could still have issued tokens that are never seen. So it runs to its end,
 * while the sign-in itself ends at once.
 *
 * @param connection made without the signal. The tokens come through it.
 * @throws the signal's reason, or what `finish` throws.
 */
export async function keepOrGiveBack<T>(
  connection: Connection,
  provider: Provider,
  signal: AbortSignal,
  finish: () => Promise<T>,
): Promise<T> {
  const finished = finish();
  try {
    return await untilAborted(finished, signal);
  } catch (error) {
    const wasLate = signal.aborted;
    const given = finished.catch(() => undefined).then(() => giveBack(connection, provider, wasLate));
    if (!wasLate) await untilAborted(given, signal).catch(() => undefined);
    throw error;
  }
}

/** Revokes tokens that will never be used. The result changes nothing for the user. */
async function giveBack(connection: Connection, provider: Provider, wasLate: boolean): Promise<void> {
  for (const tokens of connection.received.splice(0)) {
    if (provider.revocation === 'none') continue;
    const outcome = await revokeTokens(connection, tokens).catch(() => 'failed');
    connection.httpContext.log.info('tokens given back', {
      provider: provider.id,
      why: wasLate ? 'the sign-in had ended' : 'the sign-in was refused',
      outcome,
    });
  }
}
