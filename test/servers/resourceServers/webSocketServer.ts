import { randomBytes } from 'node:crypto';
import { createServer, STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { bearerTokenIn, judgeTokens, type BearerTokenOptions, type Caller } from './bearerTokens.ts';
import { listen, loopback, stop } from '../listening.ts';
import { allowOrigins } from './cors.ts';
import { places, refusal, type Refusal } from './places.ts';

/** A running WebSocket server. */
export interface TokenWebSocketServer {
  /** `ws://127.0.0.1:<port>` */
  readonly url: string;
  /** What each handshake was answered with, in order: 101, 401, 403 or 503. */
  readonly handshakes: readonly number[];
  /** The tokens of the connections that are open now. */
  readonly open: readonly string[];
  /** TCP connections, whatever they are used for. */
  readonly sockets: () => Promise<number>;
  /** Accepts this token no longer; connections that it opened are closed. */
  readonly refuse: (token: string) => void;
  /** Ends all connections without a goodbye, as a network does. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

/** The close code of a connection whose token has ended; 4000 to 4999 are for applications (RFC 6455, 7.4.2). */
const tokenEnded = 4401;

/** What the handshake is answered with in place of 101 (RFC 6455 section 4.2.2), and the connection is closed. */
function refuseUpgrade(socket: Duplex, status: string, challenge?: string): void {
  const lines = [`HTTP/1.1 ${status}`, 'Connection: close', 'Content-Length: 0'];
  if (challenge !== undefined) lines.push(`WWW-Authenticate: ${challenge}`);
  socket.end(`${lines.join('\r\n')}\r\n\r\n`);
  // Nobody reads from a refused socket, and unread it would never end; nor would it if its client did not.
  socket.resume();
  const overdue = setTimeout(() => socket.destroy(), 5000);
  socket.once('close', () => clearTimeout(overdue));
}

/** How long a ticket is good for, in milliseconds; it opens one connection. */
const ticketLife = 30_000;

/** Stands before the token in the list of subprotocols that a browser offers, whose WebSocket has no other place. */
const subprotocol = 'bearer.';

/**
 * Starts a WebSocket server that judges the bearer token of the handshake before it accepts: nobody without a
 * valid one gets as far as a WebSocket. It greets with the caller's subject and echoes every message.
 *
 * The token is in the header `Authorization`; or, from browsers, among the subprotocols, or what a ticket stands for
 * (`POST /ticket` gives one, `?ticket=…` shows it).
 *
 * @param options.place it asks for what this place of the API asks for (places.ts).
 */
export async function startWebSocketServer(
  options: BearerTokenOptions & { readonly port?: number; readonly place?: string | undefined },
): Promise<TokenWebSocketServer> {
  const judge = judgeTokens(options);
  const now = options.now ?? Date.now;
  const refused = new Set<string>();
  const handshakes: number[] = [];
  const connections = new Map<WebSocket, string>();
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  const tickets = new Map<string, { readonly token: string; readonly until: number }>();
  const place = places[options.place ?? '/whoami'];

  /** Who is let in, or how they are refused. */
  const judged = async (token: string | undefined): Promise<Caller | Refusal> => {
    const caller = token === undefined || refused.has(token) ? undefined : await judge(token);
    if (!caller) return refusal(401, token === undefined ? {} : { error: 'invalid_token' });
    const verdict = place?.(caller, now() / 1000) ?? 'ok';
    return verdict === 'ok' ? caller : verdict;
  };

  const ticketFor = (token: string): string => {
    const ticket = randomBytes(24).toString('base64url');
    tickets.set(ticket, { token, until: now() + ticketLife });
    return ticket;
  };

  const tokenOf = ({ headers, url = '/' }: IncomingMessage): string | undefined => {
    const offered = headers['sec-websocket-protocol']?.split(/, */) ?? [];
    const ticket = new URL(url, 'http://localhost').searchParams.get('ticket');
    const shown = ticket === null ? undefined : tickets.get(ticket);
    if (ticket !== null) tickets.delete(ticket);
    return (
      bearerTokenIn(headers.authorization) ??
      offered.find(name => name.startsWith(subprotocol))?.slice(subprotocol.length) ??
      (shown && now() < shown.until ? shown.token : undefined)
    );
  };

  const greet = (webSocket: WebSocket, token: string, { sub, expiresAt }: Caller): void => {
    connections.set(webSocket, token);
    // No connection outlives its token.
    const left = Math.min(expiresAt * 1000 - now(), 2 ** 31 - 1);
    const end = setTimeout(() => webSocket.close(tokenEnded, 'the token has ended'), left);
    webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
    webSocket.on('error', () => webSocket.terminate());
    webSocket.on('close', () => {
      clearTimeout(end);
      connections.delete(webSocket);
    });
    webSocket.send(JSON.stringify({ sub }));
  };

  const server = createServer((request, response) => {
    request.resume();
    if (allowOrigins(request, response)) return;
    const token = bearerTokenIn(request.headers.authorization);
    const isForTicket = request.method === 'POST' && request.url === '/ticket';
    judged(token).then(
      found =>
        'status' in found
          ? response.writeHead(found.status, { 'www-authenticate': found.challenge }).end()
          : isForTicket
            ? response.writeHead(201).end(JSON.stringify({ ticket: ticketFor(token ?? '') }))
            : // A request without the upgrade: the right place, the wrong protocol.
              response.writeHead(426, { upgrade: 'websocket' }).end(),
      () => response.writeHead(503).end(),
    );
  });
  server.on('upgrade', (request, socket, head) => {
    const token = tokenOf(request);
    // Whoever goes away while the token is judged is nobody's error.
    socket.on('error', () => socket.destroy());
    judged(token).then(
      found => {
        const isRefused = 'status' in found;
        handshakes.push(isRefused ? found.status : 101);
        if (isRefused) {
          refuseUpgrade(socket, `${found.status} ${STATUS_CODES[found.status] ?? ''}`, found.challenge);
        } else webSockets.handleUpgrade(request, socket, head, ws => greet(ws, token ?? '', found));
      },
      () => {
        handshakes.push(503);
        refuseUpgrade(socket, '503 Service Unavailable');
      },
    );
  });
  const port = await listen(server, options.port);

  return {
    url: `ws://${loopback}:${port}`,
    handshakes,
    get open() {
      return [...connections.values()];
    },
    sockets: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    refuse(token) {
      refused.add(token);
      for (const [webSocket, its] of connections) if (its === token) webSocket.close(tokenEnded, 'revoked');
    },
    cut() {
      for (const webSocket of connections.keys()) webSocket.terminate();
    },
    async close() {
      for (const webSocket of connections.keys()) webSocket.terminate();
      await stop(server);
    },
  };
}
