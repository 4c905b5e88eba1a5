import { realpathSync, fstatSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** The one interface that test servers bind to, whatever name clients know them by. */
export const loopback = '127.0.0.1';

/**
 * Binds `server` to the loopback interface.
 * @param port 0 lets the operating system choose.
 * @returns the port that was bound.
 */
export function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopback, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/**
 * Stops listening and ends every open connection, busy ones included: `server.close()` alone waits for clients
 * that keep theirs alive. Closing twice is allowed.
 */
export function stop(server: Server): Promise<void> {
  if (!server.listening) {
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    server.close(error => {
      if (error) {
        reject(error);
      } else {
        resolve();
      }
    });
    server.closeAllConnections();
  });
}

/**
 * Whether the module with this `import.meta.url` is the program that Node was started with. A module that was
 * bundled into another one has no address, and is none.
 */
export function isProgram(moduleUrl: string | undefined): boolean {
  const program = process.argv[1];
  if (moduleUrl === undefined) return false;
  return (
    program !== undefined && realpathSync.native(program) === realpathSync.native(fileURLToPath(moduleUrl))
  );
}

/**
 * Resolves when this process is asked to end: by a signal, or because the parent that holds the other end of
 * its standard input or of its IPC channel is gone. A terminal, a file or /dev/null as standard input is no parent.
 */
export function askedToEnd(): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      resolve();
    };
    process.once('SIGINT', end).once('SIGTERM', end).once('disconnect', end);
    const input = fstatSync(0);
    if (input.isFIFO() || input.isSocket()) {
      process.stdin.once('end', end).once('error', end).resume();
    }
  });
}
