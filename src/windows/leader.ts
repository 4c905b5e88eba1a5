import { untilAborted } from '../platform/abort.ts';
import type { Log } from '../platform/log.ts';
import {
  asReceived,
  asSent,
  functionsBy,
  invoke,
  outcomeOf,
  reviveOutcomes,
  type Everywhere,
  type SentOutcome,
} from './calls.ts';
import { openChannel, peerClosed, type Callable, type Channel, type Frames } from './channel.ts';
import { codeOf, LeaderLost, LeaderUnavailable } from './errors.ts';
import type { Lease } from './lease.ts';
import type { Following, Member } from './member.ts';
import { rarely, within } from './timeouts.ts';

/** Who serves: what a window has while it is the leader. */
export interface Leader<WindowFunctions> extends Omit<Lease, 'listen'> {
  /** As `WindowGroup.broadcast`. */
  readonly broadcast: Everywhere<WindowFunctions>;
  /** The same without this window, for what it knows already. */
  readonly others: Everywhere<WindowFunctions>;
}

/** What a window does for the others. */
export interface Service<
  LeaderFunctions extends object,
  WindowFunctions extends object,
> extends Following<WindowFunctions> {
  /**
   * Called each time this window becomes the leader. Calls wait until it returns a plain object of functions. If it
   * fails, waiting calls fail too, and the next call tries again.
   */
  readonly serve: (leader: Leader<WindowFunctions>) => LeaderFunctions | Promise<LeaderFunctions>;
  readonly log: Log;
}

/**
 * Serves all windows while the lease lasts. Rejects if nothing can be stored or listened to.
 *
 * @returns this window's own connection to itself, or undefined if another window took over in the meantime.
 */
export async function lead<LeaderFunctions extends object, WindowFunctions extends object>(
  lease: Lease,
  { serve, window, clock, log, timing }: Service<LeaderFunctions, WindowFunctions>,
): Promise<Member | undefined> {
  const { term, lost, isCurrent, giveUp } = lease;
  const warn = rarely(clock, log);
  const members = new Set<Channel>();

  async function outcomes(calls: readonly Promise<unknown>[]): Promise<SentOutcome[]> {
    const late = () => new Error('That window did not answer in time.');
    return Promise.all(calls.map(call => outcomeOf(within(clock, timing.unresponsiveAfter, call, late))));
  }

  function callOthers(name: string, args: readonly unknown[]): Promise<unknown>[] {
    const gone = () => new Error('That window went away before it answered.');
    return [...members].map(member => member.call('call', [name, args], gone));
  }

  /** `args` have passed {@link asSent}. */
  const broadcast = (name: string, args: readonly unknown[]): Promise<SentOutcome[]> =>
    outcomes([asReceived(invoke(window, name, args)), ...callOthers(name, args)]);

  const leader: Leader<WindowFunctions> = {
    ...lease,
    broadcast: functionsBy(async (name, args) => reviveOutcomes(await broadcast(name, asSent(args)))),
    others: functionsBy(async (name, args) =>
      members.size === 0 ? [] : reviveOutcomes(await outcomes(callOthers(name, asSent(args)))),
    ),
  };
  let served: Promise<object> | undefined;
  /** Creates the leader's functions once. If that fails, waiting calls fail too, and the next call tries again. */
  function functions(): Promise<object> {
    // Begun in a later turn: a failure must find `served` assigned.
    served ??= Promise.resolve()
      .then(() => serve(leader))
      .catch((error: unknown) => {
        served = undefined;
        log.error('What the leading window shares could not be started', {
          reason: codeOf(error) ?? (error instanceof Error ? error.name : 'unknown'),
        });
        throw error;
      });
    return served;
  }

  async function carryOut(name: unknown, args: unknown): Promise<unknown> {
    const late = () => new LeaderUnavailable(String(name), timing.settleWithin, 'it is still starting');
    const ready = await within(clock, timing.settleWithin, functions(), late);
    // Never serves from a superseded leader's memory. Losing the lease closes the connections.
    isCurrent();
    if (lost.aborted) throw new LeaderLost(String(name));
    return invoke(ready, name, args);
  }

  const callable: Callable = {
    call: carryOut,
    broadcast: (name: unknown, args: unknown) => broadcast(String(name), Array.isArray(args) ? args : []),
  };

  function welcome(member: Frames): void {
    const channel = openChannel(member, callable);
    members.add(channel);
    member.closed.addEventListener('abort', () => {
      members.delete(channel);
      if (lost.aborted) return;
      const reason = String(member.closed.reason);
      // Members come and go. Only log what one did wrong.
      if (reason.startsWith('it ') && reason !== peerClosed)
        warn('A connection to the leading window was dropped', reason);
      // Members leave a leader that didn't respond for a while, and take over. This is how it learns of it.
      isCurrent();
    });
  }

  try {
    await lease.listen(welcome);
  } catch (error) {
    giveUp();
    throw error;
  }
  if (!isCurrent()) {
    giveUp();
    return undefined;
  }
  if (term > 0) log.info('This window is the one the others ask', { term });
  functions().catch(() => undefined);

  /** As if the leader were another window. */
  const asking =
    (work: (name: string, args: readonly unknown[]) => Promise<unknown>) =>
    async (name: string, args: readonly unknown[]): Promise<unknown> => {
      const sent = asSent(args);
      if (lost.aborted) throw new LeaderLost(name);
      try {
        return await untilAborted(asReceived(work(name, sent)), lost);
      } catch (error) {
        throw lost.aborted ? new LeaderLost(name) : error;
      }
    };
  return {
    role: term === 0 ? 'alone' : 'leader',
    term,
    over: lost,
    call: asking(carryOut),
    broadcast: asking(broadcast),
    leave: giveUp,
  };
}
