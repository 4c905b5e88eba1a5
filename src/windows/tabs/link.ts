import { checkSize, peerClosed, type FrameEvents, type Frames } from '../frames.ts';
import { textOf } from './message.ts';
import type { Post } from './post.ts';

/** Frames to and from one other tab, of which there may be several one after the other. */
export interface Link {
  readonly frames: Frames;
  /** A frame of this link arrived. */
  arrived(line: string): void;
  /** The other tab has ended it, or is gone. */
  ended(): void;
}

export function openLink(post: Post, to: string, link: string, events: FrameEvents): Link {
  let receiver: (frame: unknown) => void = () => frames.drop('it spoke too early');
  let closed = false;

  function close(reason: string): void {
    if (closed) return;
    closed = true;
    events.closed(reason);
  }

  const frames: Frames = {
    send(line) {
      checkSize(line);
      if (!closed) post.send(to, textOf({ kind: 'frame', link, line }));
    },
    // What is too large has not come through the post.
    receive(next) {
      receiver = next;
    },
    drop(reason) {
      if (!closed) post.send(to, textOf({ kind: 'end', link }));
      close(reason);
    },
    get closed() {
      return closed;
    },
  };

  return {
    frames,
    ended: () => close(peerClosed),
    arrived(line) {
      if (closed) return;
      events.heard?.();
      let frame: unknown;
      try {
        frame = JSON.parse(line);
      } catch {
        frames.drop('it sent something that is not JSON');
        return;
      }
      receiver(frame);
    },
  };
}
