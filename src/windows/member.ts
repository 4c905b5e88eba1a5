import type { Clock } from '../platform/clock.ts';
import { asSent, invoke } from './calls.ts';
import { openChannel, silent } from './channel.ts';
import { LeaderLost } from './errors.ts';
import type { Connection } from './lease.ts';
import { watchPeer, type Timing } from './timeouts.ts';

/** This window's connection to the leader, which can be itself, while it lasts. */
export interface Member {
  readonly role: 'leader' | 'member' | 'alone';
  /** 0 if alone. */
  readonly term: number;
  /** Aborted at once when the leader has gone or this window leaves it. */
  readonly over: AbortSignal;
  /** Rejects with LeaderLost if the leader goes away after the call was sent. */
  call(name: string, args: readonly unknown[]): Promise<unknown>;
  /** What `SentOutcome` describes, one for each window. Rejects as `call` does. */
  broadcast(name: string, args: readonly unknown[]): Promise<unknown>;
  readonly leave: () => void;
}

export interface Following<WindowFunctions extends object> {
  /** This window's own functions, which the leader can call: a plain object. */
  readonly window: WindowFunctions;
  readonly clock: Clock;
  readonly timing: Timing;
}

/** Asks a leader in another window, and leaves it if it doesn't respond. */
export function follow({ term, leader }: Connection, { window, clock, timing }: Following<object>): Member {
  const over = leader.closed;
  let outstanding = 0;
  const callable = { call: (name: unknown, args: unknown) => invoke(window, name, args) };
  const channel = openChannel(leader, callable, () => watch.heard());
  const watch = watchPeer({
    clock,
    ...timing,
    outstanding: () => outstanding > 0,
    ping: () => channel.ping(),
    silent: () => leader.drop(silent),
  });
  over.addEventListener('abort', () => watch.stop());

  const asking = (method: string) => async (name: string, args: readonly unknown[]) => {
    const sent = asSent(args);
    outstanding++;
    watch.called();
    try {
      return await channel.call(method, [name, sent], () => new LeaderLost(name));
    } finally {
      outstanding--;
    }
  };
  return {
    role: 'member',
    term,
    over,
    call: asking('call'),
    broadcast: asking('broadcast'),
    leave: () => leader.drop('this window leaves'),
  };
}
