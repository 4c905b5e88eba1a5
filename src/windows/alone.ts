import { wait } from '../platform/abort.ts';
import { codeOf } from './errors.ts';
import { heldLease, type Connection, type Lease, type Surroundings, type Transport } from './lease.ts';

const aloneLease = (): Lease => heldLease(0, () => Promise.resolve());

/** For where windows have nothing to meet by: each works alone. */
export const alone: Transport = {
  *turns({ log }) {
    log.warn('This window cannot share with others here and works alone');
    yield aloneLease();
  },
  canMeet: () => Promise.resolve(false),
};

/**
 * Takes one turn after another until this window leaves. If windows can't find each other, this one works alone:
 * sign-in must work even then.
 */
export async function takeTurns(
  transport: Transport,
  surroundings: Surroundings,
  take: (turn: Lease | Connection) => Promise<void>,
): Promise<void> {
  const { directory, clock, log, timing, leaving } = surroundings;
  while (!leaving.aborted) {
    try {
      for await (const turn of transport.turns(surroundings)) await take(turn);
    } catch (error) {
      if (leaving.aborted) return;
      const reason = codeOf(error) ?? (error instanceof Error ? error.message : 'unknown');
      log.error('This window cannot share with the others and works alone', { reason, directory });
      const lease = aloneLease();
      const lookAgain = async (): Promise<void> => {
        while (!lease.lost.aborted) {
          await wait(clock, timing.aloneRecheck, lease.lost).catch(() => undefined);
          if (!lease.lost.aborted && (await transport.canMeet(surroundings))) lease.giveUp();
        }
      };
      await Promise.all([take(lease), lookAgain()]);
    }
  }
}
