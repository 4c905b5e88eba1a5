import type { Socket } from 'node:net';
import { codeOf } from '../errors.ts';
import { checkSize, limits, peerClosed, type FrameEvents, type Frames } from '../frames.ts';

const newline = 0x0a;

/** Newline-delimited JSON over a socket. */
export function framesOver(socket: Socket, events: FrameEvents): Frames {
  let receiver: (frame: unknown) => void = () => frames.drop('it spoke too early');
  let limit = 0;
  let held: Buffer = Buffer.alloc(0);
  let closed = false;

  const frames: Frames = {
    send(line) {
      checkSize(line);
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
