import { credentialsFor, takesNonce, type Holder } from '../credentials.ts';
import { WebSocketRefused } from './handshake.ts';
import { connectWith, openSocket, type SocketLike, type SocketListeners } from './socket.ts';

export interface Opening {
  readonly url: URL;
  /** The same place by http. */
  readonly probe: URL;
  readonly protocols?: readonly string[] | undefined;
  readonly connect?:
    ((url: URL, token: string, proof?: string) => SocketLike | Promise<SocketLike>) | undefined;
  readonly listeners: SocketListeners;
}

/**
 * Opens a connection with a session's token. Once more if the server demands its nonce in the proof.
 *
 * @throws WebSocketRefused, or as {@link credentialsFor}.
 */
export async function openWith(opening: Opening, holder: Holder): Promise<SocketLike> {
  try {
    return await openOnce(opening, holder);
  } catch (error) {
    const response = error instanceof WebSocketRefused ? error.response : undefined;
    if (!response || !(await takesNonce(response, opening.probe))) throw error;
    return openOnce(opening, holder);
  }
}

async function openOnce(
  { url, probe, protocols = [], connect, listeners }: Opening,
  holder: Holder,
): Promise<SocketLike> {
  const credentials = await credentialsFor(holder, 'GET', probe);
  const { accessToken } = holder.session;
  const open = connect
    ? () => connect(url, accessToken, credentials.dpop)
    : () => connectWith(protocols)(url, credentials);
  return openSocket(open, probe, connect ? undefined : credentials.authorization, listeners);
}
