import type { Socket } from 'node:net';
import type { Cancel, Clock } from '../../../src/platform/clock.ts';
import { errorName, type Log } from '../../../src/platform/log.ts';
import { createConversation } from './conversation.ts';
import { peerOf, type FindPeer } from './peer.ts';
import { failure, readRequest, type AgentRequest, type AgentResponse } from './requests.ts';

/**
 * Responds to a request.
 *
 * @param hungUp is aborted when the client no longer waits.
 * @param peer finds the number of the process that asks.
 */
export type Handle = (
  request: AgentRequest,
  hungUp: AbortSignal,
  json: unknown,
  peer?: FindPeer,
) => Promise<AgentResponse>;

export interface ConnectionsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly handle: Handle;
}

/** How long a client has for its request, and for reading the response, in milliseconds. No one has to decide in it. */
export const patience = 10_000;
/** How many clients can be connected. Beyond, the one that has waited longest without a request is dropped. */
export const mostConnections = 256;
/** How often a client is looked after that has ended its half of the connection, in milliseconds. */
export const probeInterval = 2000;

interface Connection {
  readonly socket: Socket;
  /** Its request is complete: it waits for us. */
  isAsking: boolean;
}

/** All clients of an agent, whichever socket they came to. */
export interface Connections {
  accept(this: void, socket: Socket): void;
  readonly size: number;
  close(): void;
}

export function createConnections({ clock, log, handle }: ConnectionsOptions): Connections {
  const open = new Set<Connection>();

  /** Makes room for one more. False if everyone in it waits for us. */
  function makeRoom(): boolean {
    if (open.size < mostConnections) return true;
    const idle = [...open].find(({ isAsking }) => !isAsking);
    idle?.socket.destroy();
    if (idle) open.delete(idle);
    return idle !== undefined;
  }

  function serve(socket: Socket): void {
    const connection: Connection = { socket, isAsking: false };
    open.add(connection);
    const conversation = createConversation();
    const hungUp = new AbortController();
    let cancel: Cancel = clock.after(patience, () => socket.destroy());
    let isEncrypted = false;

    const peer: FindPeer = () => peerOf(socket, process.platform);

    async function answer(json: unknown): Promise<void> {
      connection.isAsking = true;
      cancel();
      const request = readRequest(json);
      let response: AgentResponse;
      try {
        response = 'status' in request ? request : await handle(request, hungUp.signal, json, peer);
      } catch (error) {
        log.error('request failed', { error: errorName(error) });
        response = failure('The editor failed. Its log says why.');
      }
      cancel();
      if (socket.destroyed) return;
      cancel = clock.after(patience, () => socket.destroy());
      socket.end(conversation.response(response));
    }

    /**
     * A client that has gone looks like one that only has nothing more to say. A plain one is different: spaces
     * before its JSON don't matter, and can't be sent to one that has gone.
     */
    function probe(): void {
      if (socket.destroyed || socket.writableEnded) return;
      socket.write(' ');
      cancel = clock.after(probeInterval, probe);
    }

    /** Encrypted clients never half-close. */
    function onEnd(): void {
      if (socket.writableEnded) return;
      if (!connection.isAsking || isEncrypted) socket.destroy();
      else probe();
    }

    socket.on('data', data => {
      const step = conversation.receive(data);
      if (step.kind === 'send') socket.write(step.text);
      else if (step.kind === 'close') {
        log.debug('client dropped', { why: step.why });
        socket.destroy();
      } else if (step.kind === 'request') {
        isEncrypted = step.isEncrypted;
        void answer(step.json);
      }
    });
    socket.on('end', onEnd);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      log.debug('client lost', { error: error.code });
    });
    socket.on('close', () => {
      cancel();
      open.delete(connection);
      hungUp.abort();
    });
  }

  return {
    accept(socket) {
      if (makeRoom()) serve(socket);
      else socket.destroy();
    },
    get size() {
      return open.size;
    },
    close() {
      for (const { socket } of open) socket.destroy();
    },
  };
}
