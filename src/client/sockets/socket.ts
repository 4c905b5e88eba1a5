import type { Credentials } from '../credentials.ts';
import { listenToSocket, watchHandshake, WebSocketRefused } from './handshake.ts';

/** `Uint8Array` with bytes of its own, for which TypeScript has had a notation only since 5.7. */
export type Bytes = ReturnType<InstanceType<typeof TextEncoder>['encode']>;

/** What of a `WebSocket` is used here. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  binaryType: string;
  send(data: string | ArrayBuffer | Bytes): void;
  close(code?: number, reason?: string): void;
}

/** In the header of the handshake. */
export const connectWith =
  (protocols: readonly string[]) =>
  (url: URL, { authorization, dpop }: Credentials): SocketLike => {
    if (typeof process === 'undefined') {
      throw new Error('A browser cannot send a header in the handshake; see the option "connect".');
    }
    // Node's WebSocket takes headers. The standard, which browsers follow, has no place for them.
    const NodeWebSocket = globalThis.WebSocket as unknown as new (url: URL, options: object) => SocketLike;
    return new NodeWebSocket(url, {
      protocols,
      headers: { authorization, ...(dpop !== undefined && { dpop }) },
    });
  };

export interface SocketListeners {
  message(data: string | ArrayBuffer): void;
  /** It had been open, and no longer is. */
  close(socket: SocketLike, event: { code: number; reason: string }): void;
}

/**
 * Adds the listeners before the first message can arrive.
 *
 * @param place the same place by http.
 * @param authorization the handshake's header. Undefined: there might be none.
 * @throws WebSocketRefused
 */
export async function openSocket(
  connect: () => SocketLike | Promise<SocketLike>,
  place: URL,
  authorization: string | undefined,
  listeners: SocketListeners,
): Promise<SocketLike> {
  const handshake = watchHandshake(place, authorization);
  try {
    return await opened(await connect(), listeners, () => handshake.answer, place);
  } finally {
    handshake.stop();
  }
}

function opened(
  socket: SocketLike,
  listeners: SocketListeners,
  seen: () => Response | undefined,
  { host }: URL,
): Promise<SocketLike> {
  let told: Response | undefined;
  listenToSocket(socket, answer => (told = answer));
  return new Promise((resolve, reject) => {
    let isOpen = false;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => listeners.message(data as string | ArrayBuffer);
    socket.onopen = () => {
      isOpen = true;
      resolve(socket);
    };
    // The close event follows every error. Without a listener, the error would be thrown.
    socket.onerror = () => undefined;
    socket.onclose = (event: { code: number; reason: string }) => {
      if (isOpen) listeners.close(socket, event);
      else reject(new WebSocketRefused(host, told ?? seen()));
    };
  });
}

/** Close codes after which a new connection makes sense: going away, lost, policy (a token that has ended). */
export const passingCodes = new Set([1001, 1005, 1006, 1008, 1011, 1012, 1013, 4401]);

/** Those of a server that accepts every handshake, and then judges the token. */
export const refusingCodes = new Set([1008, 4401]);

/** How a connection came to its end. */
export interface WebSocketEnd {
  /**
   * - `signed-out`: the user signed out.
   * - `permission`: the user no longer allows your extension to use the account.
   * - `refused`: the server refuses the token, and a better one needs the user.
   * - `lost`: all retries failed.
   * - `closed`: by the server.
   */
  readonly kind: 'signed-out' | 'permission' | 'refused' | 'lost' | 'closed';
  readonly code: number;
  readonly reason: string;
}
