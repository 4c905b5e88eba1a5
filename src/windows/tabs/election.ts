import type { Cancel } from '../../platform/clock.ts';
import { invoke } from '../calls.ts';
import type { SecretStorage } from '../../platform/secretStorage.ts';
import { codeOf } from '../errors.ts';
import { memberOver, silent, type Membership } from '../member.ts';
import { beMember, sit, workAlone, type PartOptions, type TakePart } from '../part.ts';
import { takeSeat } from '../seat.ts';
import { openLink, type Link } from './link.ts';
import { messageFrom, textOf, type Message } from './message.ts';
import { everyone, openPost, type Broadcast, type Post } from './post.ts';
import { holdWhile, whenReleased, type Locks } from './presence.ts';
import { tabSeat, type TabSeat } from './seat.ts';
import { groupSecret, type GroupSecret } from './secret.ts';

/** What tabs meet by. */
export interface TabMeeting {
  readonly locks: Locks;
  openChannel(name: string): Broadcast;
  readonly storage: SecretStorage;
}

/**
 * Tabs of a browser that share an origin. They queue for one lock; its holder is the owner and the others are its
 * members. The browser hands the lock on when its holder leaves, is closed or crashes.
 *
 * An owner that lives but does not answer keeps the seat: a lock can be taken from its holder, but the holder
 * learns of it only later, and could send a token meanwhile that somebody else has spent. Calls then fail in time.
 */
export const takePartAmongTabs =
  (meeting: TabMeeting): TakePart =>
  async options => {
    const { directory, log, leaving } = options;
    const secret = () => groupSecret(meeting.locks, meeting.storage, directory, log);
    while (!leaving.aborted) {
      try {
        await meet(meeting, await secret(), options);
      } catch (error) {
        if (leaving.aborted) return;
        const reason = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown');
        await workAlone(options, reason, () =>
          secret().then(
            () => true,
            () => false,
          ),
        );
      }
    }
  };

/** The owner that this tab follows. */
interface Joined {
  readonly address: string;
  readonly generation: number;
  readonly name: string;
  readonly link: Link;
  /** It has taken this tab as its member. */
  welcomed(): void;
  isMember(): boolean;
}

/** Is a member or the owner, in turn. Resolves when this tab leaves. */
async function meet(meeting: TabMeeting, secret: GroupSecret, options: PartOptions): Promise<void> {
  const { clock, log, timing, leaving } = options;
  const { locks } = meeting;
  const over = new AbortController();
  const links = new Map<string, Link>();
  /** The highest generation that this tab has heard of. */
  let latest = 0;
  let own: { readonly tab: TabSeat; readonly generation: number } | undefined;
  let joined: Joined | undefined;
  let cancelLook: Cancel = () => undefined;

  const post: Post = openPost({
    channel: meeting.openChannel(secret.channel),
    cipher: secret.cipher,
    received: (from, text) => {
      const message = messageFrom(text);
      if (message) received(from, message);
    },
    clock,
    log,
  });

  function received(from: string, message: Message): void {
    switch (message.kind) {
      case 'who':
        if (own) post.send(from, textOf({ kind: 'here', generation: own.generation }));
        return;
      case 'here':
        return follow(from, message.generation);
      case 'join':
        if (own) own.tab.joined(from, message.link);
        else post.send(from, textOf({ kind: 'end', link: message.link }));
        return;
      case 'welcome':
        return joined?.name === message.link ? joined.welcomed() : undefined;
      case 'frame':
        return links.get(message.link)?.arrived(message.line);
      case 'end':
        return links.get(message.link)?.ended();
    }
  }

  const watchTab = (address: string, gone: () => void): (() => void) => {
    const watching = new AbortController();
    whenReleased(locks, secret.presenceLock(address), watching.signal, gone);
    return () => watching.abort();
  };

  /** Looks for the owner, again and again until there is one. */
  function look(): void {
    cancelLook();
    if (over.signal.aborted || own || joined?.isMember()) return;
    joined?.link.frames.drop(silent);
    options.trying('looking for the tab that owns');
    post.send(everyone, textOf({ kind: 'who' }));
    cancelLook = clock.after(timing.unresponsiveAfter, look);
  }

  /** Becomes the member of the tab that says it is the owner. */
  function follow(address: string, generation: number): void {
    latest = Math.max(latest, generation);
    if (over.signal.aborted || own) return;
    if (joined?.address === address && joined.generation === generation) return;
    joined?.link.frames.drop('another window owns now');
    const name = crypto.randomUUID();
    let membership: Membership | undefined;
    const link = openLink(post, address, name, {
      heard: () => membership?.heard(),
      closed(reason) {
        links.delete(name);
        stopWatching();
        if (joined?.link === link) joined = undefined;
        membership?.closed(reason);
      },
    });
    const welcomed = (): void => {
      if (membership) return;
      membership = memberOver(link.frames, {
        callable: { call: (called: unknown, args: unknown) => invoke(options.window, called, args) },
        clock,
        unresponsiveAfter: timing.unresponsiveAfter,
        heartbeat: timing.heartbeat,
      });
      log.info('This window asks another one', { generation });
      void beMember(options, membership.owner, generation).then(ended => {
        if (ended === 'silent') log.warn('The owning window does not answer', { generation });
        look();
      });
    };
    links.set(name, link);
    joined = { address, generation, name, link, welcomed, isMember: () => membership !== undefined };
    const stopWatching = watchTab(address, link.ended);
    post.send(address, textOf({ kind: 'join', link: name }));
  }

  /** Is the owner for as long as this tab holds the lock of the seat, which `taken` ends. */
  async function beOwner(taken: AbortSignal): Promise<void> {
    const generation = ++latest;
    const tab = tabSeat({
      generation,
      isLatest: () => !taken.aborted,
      post,
      links,
      watchTab,
      announce: () => post.send(everyone, textOf({ kind: 'here', generation })),
      surroundings: options,
    });
    own = { tab, generation };
    joined?.link.frames.drop('this window takes over');
    try {
      const seat = await takeSeat(options, tab.hold);
      if (seat === undefined) return;
      taken.addEventListener('abort', seat.close);
      if (taken.aborted) seat.close();
      log.info('This window is the one the others ask', { generation });
      await sit(options, seat);
    } finally {
      own = undefined;
    }
  }

  /** Queues for the seat, and sits on it for as long as it lasts. */
  async function waitForSeat(): Promise<void> {
    const taken = new AbortController();
    let sitting: Promise<void> | undefined;
    try {
      await locks.request(secret.seatLock, { signal: leaving }, () => (sitting = beOwner(taken.signal)));
    } catch (error) {
      // The browser says so when something else on this origin takes the lock away.
      taken.abort();
      await sitting;
      if (leaving.aborted) return;
      if (sitting === undefined) throw error;
      log.warn('The seat of the owning window was taken away', { reason: 'another page stole its lock' });
    }
  }

  try {
    // Before anybody hears of this tab: whoever links with it waits for the end of this lock.
    await holdWhile(locks, secret.presenceLock(post.address), over.signal);
    while (!leaving.aborted) {
      look();
      await waitForSeat();
    }
  } finally {
    over.abort();
    cancelLook();
    for (const { frames } of [...links.values()]) frames.drop('this window leaves');
    await post.close();
  }
}
