import type { Socket } from 'node:net';
import { carriedBy, limits, peerClosed, type Frames } from '../channel.ts';
import { codeOf } from '../errors.ts';

const newline = 0x0a;

/** Newline-delimited JSON over a socket. */
export function linesOver(socket: Socket): Frames {
  let held: Buffer = Buffer.alloc(0);
  const { frames, limit, heard, arrived } = carriedBy({
    send(line) {
      socket.write(`${line}\n`);
      if (socket.writableLength > limits.unread) frames.drop('it does not read what it is sent');
    },
    close() {
      held = Buffer.alloc(0);
      socket.destroy();
    },
  });

  socket.on('data', (chunk: Buffer) => {
    heard();
    for (let rest = chunk; !frames.closed.aborted;) {
      const end = rest.indexOf(newline);
      const piece = end === -1 ? rest : rest.subarray(0, end);
      if (held.length + piece.length > limit()) {
        frames.drop('it sent a frame above the limit');
        return;
      }
      // A copy: a piece must not keep the whole chunk it came in alive.
      held = Buffer.concat([held, piece]);
      if (end === -1) return;
      const line = held;
      held = Buffer.alloc(0);
      rest = rest.subarray(end + 1);
      arrived(line.toString('utf8'));
    }
  });
  socket.on('error', error => frames.drop(codeOf(error) ?? 'socket error'));
  socket.on('close', () => frames.drop(peerClosed));
  return frames;
}
