import { errorOf } from '../challenge.ts';

/** What the handshake of a WebSocket was answered with in place of 101. */
export class WebSocketRefused extends Error {
  override readonly name = 'WebSocketRefused';
  /** Undefined: there was no response, or the platform hides it, as a browser does. */
  readonly status: number | undefined;
  /** The response, without its body. Undefined like `status`. */
  readonly response: Response | undefined;

  constructor(host: string, response: Response | undefined) {
    const error = errorOf(response?.headers.get('www-authenticate') ?? undefined);
    const why = error === undefined ? '' : ` (${error})`;
    super(
      response
        ? `${host} did not open the WebSocket: it answered ${response.status}${why}.`
        : `${host} did not open the WebSocket.`,
    );
    this.status = response?.status;
    this.response = response;
  }
}

/** What Node's own WebSocket, and `fetch`, publish about a response (undici, DiagnosticsChannel). */
interface Told {
  readonly request: {
    readonly origin?: unknown;
    readonly path?: unknown;
    readonly upgrade?: unknown;
    readonly headers?: unknown;
  };
  readonly response: { readonly statusCode: number; readonly headers: readonly unknown[] };
}

interface Channels {
  subscribe(name: string, listener: (told: unknown) => void): void;
  unsubscribe(name: string, listener: (told: unknown) => void): void;
}

const channelName = 'undici:request:headers';

/** Undefined in a browser. */
function channels(): Channels | undefined {
  const node = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process;
  return node?.getBuiltinModule?.('node:diagnostics_channel') as Channels | undefined;
}

export interface Handshake {
  /** The last response other than 101. */
  readonly answer: Response | undefined;
  stop(): void;
}

/**
 * Watches the response to the handshake of a WebSocket, which the WebSocket itself hides.
 *
 * @param place by http.
 * @param authorization its header. Undefined: there might be none.
 */
export function watchHandshake(place: URL, authorization: string | undefined): Handshake {
  let answer: Response | undefined;
  const listen = (told: unknown): void => {
    const { request, response } = told as Told;
    const isOurs =
      request.upgrade === 'websocket' &&
      request.origin === place.origin &&
      String(request.path).split('?')[0] === place.pathname &&
      (authorization === undefined || String(request.headers).includes(authorization));
    if (isOurs && response.statusCode !== 101)
      answer = answerOf(response.statusCode, response.headers.map(String));
  };
  channels()?.subscribe(channelName, listen);
  return {
    get answer() {
      return answer;
    },
    stop: () => void channels()?.unsubscribe(channelName, listen),
  };
}

/** What helps a caller that was refused. */
const kept = new Set(['www-authenticate', 'dpop-nonce', 'retry-after', 'location']);

/** @param fields names and values in turn. Nothing in them makes it throw. */
function answerOf(status: number, fields: readonly string[]): Response | undefined {
  const headers = new Headers();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = (fields[i] ?? '').toLowerCase();
    if (kept.has(name)) headers.append(name, (fields[i + 1] ?? '').replace(/[^\t\x20-\x7E]/g, '?'));
  }
  // The statuses that a Response can have.
  return status >= 200 && status <= 599 ? new Response(null, { status, headers }) : undefined;
}

/** A socket of the package `ws`, which exposes the response. */
interface TellingSocket {
  on?(
    event: 'unexpected-response',
    listener: (request: unknown, response: { statusCode?: number; rawHeaders?: readonly string[] }) => void,
  ): unknown;
  close(): void;
}

/** Has a socket of the package `ws` say how its handshake is answered. */
export function listenToSocket(socket: TellingSocket, tell: (answer: Response | undefined) => void): void {
  socket.on?.('unexpected-response', (_, { statusCode = 0, rawHeaders = [] }) => {
    tell(answerOf(statusCode, rawHeaders));
    // The listener has to end it.
    socket.close();
  });
}
