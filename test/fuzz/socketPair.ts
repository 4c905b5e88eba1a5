import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Both ends of a connection. */
export interface SocketPair {
  readonly here: Socket;
  readonly there: Socket;
}

/** Connections within this process, over the real network of this computer. */
export interface SocketPairs {
  open(): Promise<SocketPair>;
  close(): Promise<void>;
}

export async function socketPairs(): Promise<SocketPairs> {
  const server: Server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async open() {
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const there = connect(port, '127.0.0.1');
      // A reset is one of the ways to be dropped.
      there.on('error', () => there.destroy());
      const [here] = await accepted;
      return { here, there };
    },
    close: () => new Promise(resolve => server.close(() => resolve())),
  };
}

/** Writes pieces as packets of their own, as far as the system lets us, and ends. */
export async function writeInPieces(socket: Socket, pieces: readonly (string | Uint8Array)[]): Promise<void> {
  socket.setNoDelay(true);
  for (const piece of pieces) {
    if (socket.destroyed) return;
    if (piece.length > 0) socket.write(piece);
    await new Promise(resolve => setImmediate(resolve));
  }
  socket.end();
}
