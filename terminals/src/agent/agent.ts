import { createServer, type Server } from 'node:net';
import { chmod, rename, rm, stat } from 'node:fs/promises';
import type { Cancel } from '../../../src/platform/clock.ts';
import { createQueue } from '../../../src/platform/queue.ts';
import { errorName } from '../../../src/platform/log.ts';
import { createConnections, type ConnectionsOptions } from './connections.ts';
import { isAlive, sweep, type Place, type Surroundings } from './place.ts';
import { isServed } from './upstream.ts';

/** An agent for this window. It speaks the protocol of oidc-agent. */
export interface Agent {
  /** Its socket, for `OIDC_SOCK`. */
  readonly path: string;
  /** Takes over the sockets of windows of this workspace that have gone, for the terminals that still name them. */
  takeOver(): Promise<void>;
  close(): Promise<void>;
}

export interface AgentOptions extends ConnectionsOptions {
  readonly place: Place;
  readonly surroundings: Surroundings;
}

/** The most windows on one workspace. */
const mostSlots = 20;
/** When the sockets of windows that have gone are looked for after the start, in milliseconds. The last one again and again. */
const lookAgain = [500, 2000, 5000, 15_000, 60_000];

interface Socket {
  readonly server: Server;
  readonly path: string;
  /** Tells our socket from one that has taken its place. */
  readonly inode: number | undefined;
}

/** @throws Error if no socket can be opened. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { place, surroundings, clock, log } = options;
  const isWindows = surroundings.platform === 'win32';
  const connections = createConnections(options);
  const sockets = new Map<number, Socket>();
  const queue = createQueue();
  let isClosed = false;
  let cancel: Cancel = () => undefined;

  async function listen(slot: number): Promise<void> {
    const path = place.pathOf(slot);
    const server = createServer({ allowHalfOpen: true }, connections.accept);
    // Renamed when it has its mode, and in place of one that is dead: there is never a moment without either.
    const first = isWindows ? path : `${path}.${process.pid}`;
    if (!isWindows) await rm(first, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(first, resolve);
    });
    server.on('error', error => log.warn('socket failed', { error: errorName(error) }));
    let inode: number | undefined;
    if (!isWindows) {
      await chmod(first, 0o600);
      inode = (await stat(first)).ino;
      await rename(first, path);
    }
    sockets.set(slot, { server, path, inode });
  }

  /** Takes the first slot that no one has. */
  async function begin(): Promise<number> {
    for (let slot = 0; slot < mostSlots; slot += 1) {
      if (await isAlive(place.pathOf(slot))) continue;
      try {
        await listen(slot);
        return slot;
      } catch (error) {
        // Another window was faster.
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
    throw new Error('Too many windows');
  }

  const own = await begin();

  const takeOver = (): Promise<void> =>
    queue(async () => {
      for (let slot = 0; slot <= own && !isClosed; slot += 1) {
        if ((await isStillOurs(slot)) || (await isTaken(slot))) continue;
        sockets.get(slot)?.server.close();
        await listen(slot);
        log.info('socket of another window taken over', { slot });
      }
    });

  /** Another window takes ours if this one didn't respond for a while, as in a browser that was suspended. */
  async function isStillOurs(slot: number): Promise<boolean> {
    const socket = sockets.get(slot);
    if (!socket || isWindows) return socket !== undefined;
    const found = await stat(socket.path).catch(() => undefined);
    return found?.ino === socket.inode;
  }

  /** A pipe can't be put in place of another one that lives. */
  const isTaken = (slot: number): Promise<boolean> =>
    isWindows ? isAlive(place.pathOf(slot)) : isServed(place.pathOf(slot), clock);

  /** A window that is loaded again still has its former extension host for a while, and with it the socket. */
  function look(times: number): void {
    cancel = clock.after(lookAgain[Math.min(times, lookAgain.length - 1)] ?? 0, () => {
      takeOver()
        .catch((error: unknown) => log.warn('socket not taken over', { error: errorName(error) }))
        .finally(() => {
          if (!isClosed) look(times + 1);
        });
    });
  }
  if (own > 0) look(0);
  await sweep(surroundings, clock.now());

  return {
    path: place.pathOf(own),
    takeOver,
    async close() {
      isClosed = true;
      cancel();
      await queue(async () => {
        connections.close();
        for (const { server, path, inode } of sockets.values()) {
          const found = isWindows ? undefined : await stat(path).catch(() => undefined);
          // Node would remove the file by its name, anyone who has it by now.
          await new Promise(resolve => server.close(resolve));
          if (found && found.ino === inode) await rm(path, { force: true });
        }
      });
    },
  };
}
