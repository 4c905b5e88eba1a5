import type { Socket } from 'node:net';
import { codeOf, MessageTooLarge } from './errors.ts';

/** In bytes. What a peer can make this process hold is the sum of these, whatever it sends or does not read. */
export const limits = {
  /** A frame of a peer that has not proved the key yet. */
  frameBeforeProof: 512,
  /** Any other frame. */
  frame: 1024 * 1024,
  /** What is written but not yet read by the peer. */
  unread: 8 * 1024 * 1024,
};

/** Newline-delimited JSON over a socket. A peer that breaks a limit, or sends anything else, is dropped. */
export interface Frames {
  /** One line, without its end. Throws {@link MessageTooLarge}; does nothing once closed. */
  send(line: string): void;
  /** Replaces the receiver. Takes effect at once, for frames that came in the same packet too. */
  receive(receiver: (frame: unknown) => void, limit: number): void;
  /** Closes at once, unsent data included. */
  drop(reason: string): void;
  readonly closed: boolean;
}

export interface FrameEvents {
  /** Bytes arrived. */
  heard?(): void;
  /** Called once, synchronously from `drop` too. `reason` is ours or an error code, never the peer's text. */
  closed(reason: string): void;
}

/** The reason when the peer closed the connection in order. */
export const peerClosed = 'it closed the connection';

const newline = 0x0a;

export function framesOver(socket: Socket, events: FrameEvents): Frames {
  let receiver: (frame: unknown) => void = () => frames.drop('it spoke too early');
  let limit = 0;
  let held: Buffer = Buffer.alloc(0);
  let closed = false;

  const frames: Frames = {
    send(line) {
      const bytes = Buffer.byteLength(line);
      if (bytes > limits.frame) throw new MessageTooLarge(bytes, limits.frame);
      if (closed) return;
      socket.write(`${line}\n`);
      if (socket.writableLength > limits.unread) frames.drop('it does not read what it is sent');
    },
    receive(next, nextLimit) {
      receiver = next;
      limit = nextLimit;
    },
    drop(reason) {
      if (closed) return;
      closed = true;
      held = Buffer.alloc(0);
      socket.destroy();
      events.closed(reason);
    },
    get closed() {
      return closed;
    },
  };

  function take(line: Buffer): void {
    let frame: unknown;
    try {
      frame = JSON.parse(line.toString('utf8'));
    } catch {
      frames.drop('it sent something that is not JSON');
      return;
    }
    receiver(frame);
  }

  socket.on('data', (chunk: Buffer) => {
    events.heard?.();
    for (let rest = chunk; !closed;) {
      const end = rest.indexOf(newline);
      const piece = end === -1 ? rest : rest.subarray(0, end);
      if (held.length + piece.length > limit) {
        frames.drop('it sent a frame above the limit');
        return;
      }
      // A copy: a piece must not keep the whole chunk it came in alive.
      held = Buffer.concat([held, piece]);
      if (end === -1) return;
      const line = held;
      held = Buffer.alloc(0);
      rest = rest.subarray(end + 1);
      take(line);
    }
  });
  socket.on('error', error => frames.drop(codeOf(error) ?? 'socket error'));
  socket.on('close', () => frames.drop(peerClosed));
  return frames;
}
