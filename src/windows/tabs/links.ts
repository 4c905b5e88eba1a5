import { carriedBy, peerClosed, type Carried, type Frames } from '../channel.ts';
import { whenReleased, type Locks } from './locks.ts';
import { textOf } from './message.ts';
import type { Post } from './post.ts';

/** Frames to and from other tabs. One tab can have several links in succession. */
export function createLinks(post: Post, locks: Locks, presenceLock: (address: string) => string) {
  const links = new Map<string, Carried>();
  return {
    /** Its end is also that of the other tab. */
    open(address: string, link: string): Frames {
      // Anything too large didn't arrive through the channel.
      const carried = carriedBy({
        send: line => post.send(address, textOf({ kind: 'frame', link, line })),
        close(reason) {
          links.delete(link);
          if (reason !== peerClosed) post.send(address, textOf({ kind: 'end', link }));
        },
      });
      const { frames } = carried;
      links.set(link, carried);
      whenReleased(locks, presenceLock(address), frames.closed, () => frames.drop(peerClosed));
      return frames;
    },
    has: (name: string): boolean => links.has(name),
    arrived(name: string, line: string) {
      const link = links.get(name);
      link?.heard();
      link?.arrived(line);
    },
    /** The other tab has ended it. */
    ended: (name: string) => links.get(name)?.frames.drop(peerClosed),
    dropAll(reason: string) {
      for (const { frames } of [...links.values()]) frames.drop(reason);
    },
  };
}
