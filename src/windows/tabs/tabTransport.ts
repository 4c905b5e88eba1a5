import { aborted } from '../../platform/abort.ts';
import type { Cancel } from '../../platform/clock.ts';
import type { SecretStorage } from '../../platform/storage.ts';
import { alone } from '../alone.ts';
import { silent, type Frames } from '../channel.ts';
import { heldLease, type Connection, type Lease, type Surroundings, type Transport } from '../lease.ts';
import { createLinks } from './links.ts';
import { holdWhile, type Locks } from './locks.ts';
import { messageFrom, textOf, type Message } from './message.ts';
import { everyone, openPost, type Broadcast } from './post.ts';
import { groupSecret, type GroupSecret } from './secret.ts';

/** What tabs meet by. */
export interface TabMeeting {
  readonly locks: Locks;
  openChannel(name: string): Broadcast;
  readonly storage: SecretStorage;
}

/**
 * Connects browser tabs that share an origin. They queue for one lock: its holder is the leader, and the others are
 * its members. The browser passes the lock on when its holder leaves, closes or crashes.
 *
 * A leader that is alive but doesn't respond keeps its lease. A lock can be stolen, but its holder learns of it only
 * later, and could meanwhile send a token that another tab has used. Calls then fail in time.
 */
export function tabTransport(meeting: TabMeeting): Transport {
  const secret = ({ directory, log }: Surroundings) =>
    groupSecret(meeting.locks, meeting.storage, directory, log);
  return {
    async *turns(surroundings) {
      yield* meetByLocks(meeting, await secret(surroundings), surroundings);
    },
    canMeet: surroundings =>
      secret(surroundings).then(
        () => true,
        () => false,
      ),
  };
}

/**
 * As {@link tabTransport}, by what the browser offers. Where it has no locks, which is so on a page that is neither
 * https nor on this computer, each tab works alone.
 */
export function browserTransport(storage: SecretStorage): Transport {
  // Without a secure context the browser has neither locks nor cryptography.
  const { locks } = navigator as { locks?: LockManager };
  if (!locks || !isSecureContext) return alone;
  return tabTransport({ locks, storage, openChannel: name => new BroadcastChannel(name) });
}

/** Queues for the lock, and is a member meanwhile. */
async function* meetByLocks(
  meeting: TabMeeting,
  secret: GroupSecret,
  surroundings: Surroundings,
): AsyncGenerator<Lease | Connection> {
  const { locks } = meeting;
  const { log, leaving } = surroundings;
  const over = new AbortController();
  const offered: (Lease | Connection)[] = [];
  let offer = Promise.withResolvers<void>();
  const tab = openTab(meeting, secret, surroundings, turn => {
    offered.push(turn);
    offer.resolve();
  });

  /** Holds the lock for as long as the lease that comes of it lasts, and queues again. */
  const queueForLock = async (): Promise<void> => {
    const signal = AbortSignal.any([leaving, over.signal]);
    while (!signal.aborted) {
      let lease: Lease | undefined;
      const held = () => aborted((lease = tab.lead()).lost);
      try {
        await locks.request(secret.leaderLock, { signal }, held);
      } catch (error) {
        if (signal.aborted) return;
        if (lease === undefined) throw error;
        // The browser says so when something else on this origin takes the lock away.
        log.warn('The lease of the leading window was taken away', { reason: 'another page stole its lock' });
        lease.giveUp();
      }
    }
  };

  try {
    // Before this tab announces itself: its links wait for the end of this lock.
    await holdWhile(locks, secret.presenceLock(tab.address), over.signal);
    const queueing = queueForLock().catch((error: unknown) => {
      tab.leave();
      throw error;
    });
    while (!leaving.aborted) {
      tab.look();
      await Promise.race([offer.promise, queueing]);
      offer = Promise.withResolvers();
      for (let turn = offered.shift(); turn && !leaving.aborted; turn = offered.shift()) {
        const { lost } = 'lost' in turn ? turn : { lost: turn.leader.closed };
        if (lost.aborted) continue;
        yield turn;
        if (lost.reason === silent) log.warn('The leading window does not answer', { term: turn.term });
      }
    }
  } finally {
    over.abort();
    await tab.close();
  }
}

/** The leader that this tab has asked to take it as a member. */
interface Joined {
  readonly address: string;
  readonly term: number;
  readonly link: string;
  readonly frames: Frames;
  isMember: boolean;
}

interface Tab {
  readonly address: string;
  /** Looks for the leader, again and again until there is one. */
  look(): void;
  /** Leads, to be called when this tab has the lock. */
  lead(): Lease;
  /** Ends what it is now. */
  leave(): void;
  close(): Promise<void>;
}

function openTab(
  { locks, openChannel }: TabMeeting,
  secret: GroupSecret,
  { clock, log, timing, trying }: Surroundings,
  offer: (turn: Lease | Connection) => void,
): Tab {
  /** The highest term that this tab has heard of. */
  let latest = 0;
  let lease: Lease | undefined;
  /** What is done with those that ask to be members. */
  let welcome: ((member: Frames) => void) | undefined;
  let joined: Joined | undefined;
  let cancelLook: Cancel = () => undefined;
  let closed = false;

  const post = openPost({
    channel: openChannel(secret.channel),
    cipher: secret.cipher,
    received: (from, text) => {
      const message = messageFrom(text);
      if (message) received(from, message);
    },
    clock,
    log,
  });
  const links = createLinks(post, locks, secret.presenceLock);
  const say = (to: string, message: Message): void => post.send(to, textOf(message));

  function received(from: string, message: Message): void {
    switch (message.kind) {
      case 'who':
        if (lease && welcome) say(from, { kind: 'here', term: lease.term });
        return;
      case 'here':
        return join(from, message.term);
      case 'join':
        return accept(from, message.link);
      case 'welcome':
        return welcomed(message.link);
      case 'frame':
        return links.arrived(message.link, message.line);
      case 'end':
        return links.ended(message.link);
    }
  }

  function look(): void {
    cancelLook();
    if (closed || lease || joined?.isMember) return;
    joined?.frames.drop(silent);
    trying('looking for the tab that leads');
    say(everyone, { kind: 'who' });
    cancelLook = clock.after(timing.unresponsiveAfter, look);
  }

  /** Asks the tab that says it is the leader. */
  function join(address: string, term: number): void {
    latest = Math.max(latest, term);
    if (closed || lease) return;
    if (joined?.address === address && joined.term === term) return;
    joined?.frames.drop('another window leads now');
    const link = crypto.randomUUID();
    const frames = links.open(address, link);
    const asked = (joined = { address, term, link, frames, isMember: false });
    frames.closed.addEventListener('abort', () => {
      if (joined === asked) joined = undefined;
    });
    say(address, { kind: 'join', link });
  }

  function welcomed(link: string): void {
    if (joined?.link !== link || joined.isMember) return;
    joined.isMember = true;
    log.info('This window asks another one', { term: joined.term });
    offer({ term: joined.term, leader: joined.frames });
  }

  function accept(from: string, link: string): void {
    if (links.has(link)) return;
    if (!welcome) return lease ? undefined : say(from, { kind: 'end', link });
    const frames = links.open(from, link);
    welcome(frames);
    say(from, { kind: 'welcome', link });
  }

  function lead(): Lease {
    const term = ++latest;
    // The browser hands the lock on only when its holder has gone.
    const mine = heldLease(term, given => {
      welcome = given;
      say(everyone, { kind: 'here', term });
      return Promise.resolve();
    });
    mine.lost.addEventListener('abort', () => {
      lease = welcome = undefined;
      links.dropAll('the leader leaves');
    });
    lease = mine;
    joined?.frames.drop('this window takes over');
    offer(mine);
    return mine;
  }

  function leave(): void {
    lease?.giveUp();
    links.dropAll('this window leaves');
  }
  return {
    address: post.address,
    look,
    lead,
    leave,
    close() {
      closed = true;
      cancelLook();
      leave();
      return post.close();
    },
  };
}
