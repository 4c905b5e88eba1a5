import { createServer, request as startRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { listen, loopback, stop } from './listening.ts';

/** A reverse proxy as a company runs it: one site, with an application under a path of it. */
export interface PathProxy {
  /** `http://127.0.0.1:<port>/<path>`, without a slash at its end. */
  readonly url: string;
  /** Paths that were asked for and do not belong to the application. */
  readonly strayed: readonly string[];
  close(): Promise<void>;
}

/**
 * Starts a proxy that hands what comes below `path` on to `target` without that path, WebSockets included, as
 * `location /path/ { proxy_pass http://target/; }` does. The Host header stays the one that the browser sent.
 *
 * @param path such as `/tools/editor`.
 * @param target such as `http://127.0.0.1:8080`.
 */
export async function startPathProxy(path: string, target: string): Promise<PathProxy> {
  const strayed: string[] = [];
  const sockets = new Set<Socket>();
  const { hostname, port: targetPort } = new URL(target);

  /** The request as it goes on; undefined if it is not below the path. */
  const onwards = (incoming: IncomingMessage) => {
    const url = incoming.url ?? '/';
    if (!url.startsWith(`${path}/`)) {
      strayed.push(url);
      return undefined;
    }
    return startRequest({
      hostname,
      port: targetPort,
      path: url.slice(path.length),
      method: incoming.method,
      headers: incoming.rawHeaders,
      agent: false,
    });
  };

  const server = createServer((incoming, response) => {
    const outgoing = onwards(incoming);
    if (!outgoing) {
      response.writeHead(404).end();
      return;
    }
    outgoing.once('response', answer => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    outgoing.once('error', () => response.destroy());
    response.once('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });

  server.on('upgrade', (incoming, socket: Socket, head) => {
    const outgoing = onwards(incoming);
    if (!outgoing) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      outgoing.destroy();
    });
    socket.once('error', () => socket.destroy());
    outgoing.once('error', () => socket.destroy());
    outgoing.once('response', () => socket.destroy());
    outgoing.once('upgrade', (answer, upstream, first) => {
      const headers = answer.rawHeaders.flatMap((name, index, all) =>
        index % 2 === 0 ? [`${name}: ${all[index + 1] ?? ''}`] : [],
      );
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('\r\n')}\r\n\r\n`);
      socket.write(first);
      upstream.write(head);
      upstream.once('error', () => socket.destroy()).once('close', () => socket.destroy());
      socket.once('close', () => upstream.destroy());
      upstream.pipe(socket).pipe(upstream);
    });
    outgoing.end();
  });

  const port = await listen(server);
  return {
    url: `http://${loopback}:${port}${path}`,
    strayed,
    async close() {
      // Sockets that were upgraded are no longer the server's.
      for (const socket of sockets) socket.destroy();
      await stop(server);
    },
  };
}
