import { aborted } from '../../src/platform/abort.ts';
import { carriedBy, peerClosed, silent, type Frames } from '../../src/windows/channel.ts';
import type { Connection, Lease, Surroundings, Transport } from '../../src/windows/lease.ts';

/** A process: dead, it neither hears nor says anything any more. */
export interface Life {
  alive: boolean;
  /** It was taken for dead once; what it had begun then is in doubt. */
  superseded?: boolean;
}

/** Windows that meet in one process, without sockets or files, so that a test decides what is heard and when. */
export interface MemoryNetwork {
  transport(life: Life): Transport;
  leads(life: Life): boolean;
  /** The leader is taken for dead by the member that came first, and goes on living. */
  supersede(): void;
  /** To be called when a process has died: the operating system closes its sockets. */
  noticeDeaths(): void;
}

/** What makes a window the leader, until the next claim. */
interface Claim {
  readonly term: number;
  readonly life: Life;
  readonly over: AbortController;
  readonly reachable: PromiseWithResolvers<void>;
  welcome?: (member: Frames) => void;
}

/** The two ends of a connection. */
interface Link {
  readonly claim: Claim;
  readonly member: { readonly life: Life; readonly frames: Frames };
  readonly leader: { readonly life: Life; readonly frames: Frames };
}

/** Whoever gives its lease up waits so many turns for another window to take it. */
const patience = 20;

/** @param travel resolves when `line` has arrived; lines of one connection stay in order all the same. */
export function memoryNetwork(travel: (from: Life, to: Life, line: string) => Promise<void>): MemoryNetwork {
  const claims: Claim[] = [];
  const links = new Set<Link>();

  const isOver = (claim: Claim): boolean => claim.over.signal.aborted || !claim.life.alive;

  function leaseOf(life: Life): Lease {
    const former = claims.at(-1);
    if (former && !isOver(former)) former.life.superseded = true;
    const over = new AbortController();
    const claim: Claim = { term: claims.length + 1, life, over, reachable: Promise.withResolvers() };
    claims.push(claim);
    over.signal.addEventListener('abort', () => {
      claim.reachable.resolve();
      for (const link of [...links]) if (link.claim === claim) link.leader.frames.drop('the leader leaves');
    });
    return {
      term: claim.term,
      isCurrent() {
        if (claims.at(-1) !== claim) over.abort();
        return !isOver(claim);
      },
      formerMayLive: () => claims.some(({ life: other }) => other.alive && other !== life),
      lost: over.signal,
      giveUp: () => over.abort(),
      listen(welcome) {
        claim.welcome = welcome;
        claim.reachable.resolve();
        return Promise.resolve();
      },
    };
  }

  /** One end, whose lines come out at the other. */
  function endOf(
    from: Life,
    to: Life,
    other: () => ReturnType<typeof carriedBy>,
  ): ReturnType<typeof carriedBy> {
    let last = Promise.resolve();
    const send = (line: string, arrive: () => void): void => {
      if (!from.alive) return;
      const arrived = travel(from, to, line);
      last = last.then(() => arrived).then(() => (to.alive ? arrive() : undefined));
    };
    return carriedBy({
      send: line =>
        send(line, () => {
          other().heard();
          other().arrived(line);
        }),
      close: () => send('', () => other().frames.drop(peerClosed)),
    });
  }

  function connect(life: Life, claim: Claim): Frames {
    const mine = endOf(life, claim.life, () => theirs);
    const theirs = endOf(claim.life, life, () => mine);
    const link: Link = {
      claim,
      member: { life, frames: mine.frames },
      leader: { life: claim.life, frames: theirs.frames },
    };
    links.add(link);
    mine.frames.closed.addEventListener('abort', () => links.delete(link));
    claim.welcome?.(theirs.frames);
    return mine.frames;
  }

  async function* turns(life: Life, leaving: AbortSignal): AsyncGenerator<Lease | Connection> {
    await travel(life, life, '');
    while (!leaving.aborted) {
      // A dead process gets nowhere.
      if (!life.alive) await aborted(leaving);
      const claim = claims.at(-1);
      if (claim && !isOver(claim)) {
        await Promise.race([claim.reachable.promise, aborted(leaving)]);
        if (isOver(claim) || leaving.aborted || claim !== claims.at(-1)) continue;
        const leader = connect(life, claim);
        yield { term: claim.term, leader };
        // What a dead process would have done next it does not do.
        if (!life.alive || leader.closed.reason !== silent || claim !== claims.at(-1)) continue;
      }
      const lease = leaseOf(life);
      yield lease;
      // As with sockets: whoever gives its lease up gets another one if nobody else takes it for a while.
      for (let turn = 0; turn < patience && claims.length === lease.term && !leaving.aborted; turn++)
        await travel(life, life, '');
    }
  }

  return {
    transport: life => ({
      turns: ({ leaving }: Surroundings) => turns(life, leaving),
      canMeet: () => Promise.resolve(true),
    }),
    leads: life => claims.at(-1)?.life === life && life.alive,
    supersede() {
      const first = [...links].find(
        ({ claim, member }) => member.life.alive && claim === claims.at(-1) && !isOver(claim),
      );
      first?.member.frames.drop(silent);
    },
    noticeDeaths() {
      for (const { life, reachable } of claims) if (!life.alive) reachable.resolve();
      for (const { member, leader } of [...links]) {
        if (!leader.life.alive) member.frames.drop(peerClosed);
        else if (!member.life.alive) leader.frames.drop(peerClosed);
      }
    },
  };
}
