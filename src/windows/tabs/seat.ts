import { openChannel, type Channel } from '../channel.ts';
import { peerClosed, type Frames } from '../frames.ts';
import { rarely } from '../patience.ts';
import type { Hold, Listener, OwnerServer, SeatOptions } from '../seat.ts';
import { textOf } from './message.ts';
import { openLink, type Link } from './link.ts';
import type { Post } from './post.ts';

/** The seat of the owner, taken while this tab holds the lock that only one tab can hold. */
export interface TabSeat {
  readonly hold: Hold;
  /** Another tab wants to be a member. Ignored before {@link Hold.listen} and after the end. */
  joined(from: string, link: string): void;
}

/** @returns a way to stop listening for the end of that tab. */
export type WatchTab = (address: string, gone: () => void) => () => void;

export function tabSeat(options: {
  generation: number;
  isLatest: () => boolean;
  post: Post;
  /** Every open link of this tab by its name. */
  links: Map<string, Link>;
  watchTab: WatchTab;
  /** Says to everyone that this tab is the owner. */
  announce: () => void;
  surroundings: Pick<SeatOptions, 'clock' | 'log'>;
}): TabSeat {
  const { generation, isLatest, post, links, watchTab, announce, surroundings } = options;
  const warn = rarely(surroundings.clock, surroundings.log);
  const members = new Map<Channel, Frames>();
  let listener: Listener | undefined;

  function joined(from: string, name: string): void {
    if (listener === undefined || links.has(name)) return;
    const { callable, memberLeft } = listener;
    const link = openLink(post, from, name, {
      closed(reason) {
        links.delete(name);
        stopWatching();
        members.delete(channel);
        channel.end();
        if (listener === undefined) return;
        if (reason !== peerClosed) warn('The link to another tab was dropped', reason);
        memberLeft();
      },
    });
    const channel = openChannel(link.frames, callable);
    links.set(name, link);
    members.set(channel, link.frames);
    const stopWatching = watchTab(from, link.ended);
    post.send(from, textOf({ kind: 'welcome', link: name }));
  }

  const server: OwnerServer = {
    get members() {
      return new Set(members.keys());
    },
    close() {
      listener = undefined;
      for (const frames of [...members.values()]) frames.drop('the owner leaves');
    },
  };

  return {
    joined,
    hold: {
      generation,
      isLatest,
      // The browser hands the lock on only when its holder has gone.
      formerOwnerMayLive: () => false,
      listen(given) {
        listener = given;
        announce();
        return Promise.resolve(server);
      },
    },
  };
}
