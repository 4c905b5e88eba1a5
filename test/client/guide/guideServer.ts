/** The server of docs/extension-authors.md: compiled with everything else, and run by handshake.test.ts. */
// #region server
import { createServer, type Server } from 'node:http';
import { WebSocketServer } from 'ws';

/** Checks signature, `iss`, `aud`, `exp`, and scopes, or introspects the token. Undefined: it is valid. */
export type Check = (token: string | undefined) => Promise<Refusal | undefined>;

export interface Refusal {
  readonly status: '401 Unauthorized' | '403 Forbidden';
  /** Such as `Bearer error="insufficient_scope", scope="chat"`. */
  readonly challenge: string;
}

export function chatServer(check: Check): Server {
  const webSockets = new WebSocketServer({ noServer: true });
  webSockets.on('connection', socket =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  const tokenIn = (authorization = ''): string | undefined => /^Bearer (\S+)$/i.exec(authorization)?.[1];

  // The same response without the upgrade: it's the only one that a browser shows.
  const server = createServer((request, response) => {
    void check(tokenIn(request.headers.authorization)).then(
      refusal => {
        if (!refusal) response.writeHead(426, { upgrade: 'websocket' }).end();
        else response.writeHead(parseInt(refusal.status), { 'www-authenticate': refusal.challenge }).end();
      },
      () => response.writeHead(503).end(),
    );
  });
  server.on('upgrade', (request, socket, head) => {
    // A client that disconnects in the meantime isn't an error.
    socket.on('error', () => socket.destroy());
    const refuse = (status: string, challenge?: string): void => {
      const header = challenge === undefined ? '' : `WWW-Authenticate: ${challenge}\r\n`;
      socket.end(`HTTP/1.1 ${status}\r\n${header}Content-Length: 0\r\nConnection: close\r\n\r\n`);
      socket.resume();
    };
    void check(tokenIn(request.headers.authorization)).then(
      refusal => {
        if (refusal) refuse(refusal.status, refusal.challenge);
        else
          webSockets.handleUpgrade(request, socket, head, webSocket => {
            webSockets.emit('connection', webSocket, request);
          });
      },
      () => refuse('503 Service Unavailable'),
    );
  });
  return server;
}
// #endregion
