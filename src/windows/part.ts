import { wait } from '../platform/clock.ts';
import { asSent } from './calls.ts';
import type { OwnerConnection } from './member.ts';
import { takeSeat, type Attachment, type Seat, type SeatOptions } from './seat.ts';

/** A window's part in a group, whatever the windows meet by. */
export interface PartOptions extends SeatOptions {
  /** The same for all windows of the group. */
  readonly directory: string;
  /** This window has found an owner, perhaps itself. */
  readonly entered: (attachment: Attachment) => void;
  /** It has lost that owner again. */
  readonly left: (attachment: Attachment) => void;
  /** What is being tried, for the error of those who wait. */
  readonly trying: (what: string) => void;
  /** Aborted when this window leaves the group. */
  readonly leaving: AbortSignal;
}

/**
 * Finds the owner, or becomes it, again and again until this window leaves. Resolves when everything is closed.
 * At any moment at most one window of a group holds the seat.
 */
export type TakePart = (options: PartOptions) => Promise<void>;

/** Asks this owner for as long as it is there. */
export async function beMember(
  { entered, left }: PartOptions,
  owner: OwnerConnection,
  generation: number,
): Promise<'closed' | 'silent'> {
  const attachment: Attachment = {
    role: 'member',
    generation,
    isOver: owner.isOver,
    call: (name, args) => owner.call(name, 'call', [name, asSent(args)]),
    broadcast: (name, args) => owner.call(name, 'broadcast', [name, asSent(args)]),
  };
  entered(attachment);
  const ended = await owner.ended;
  left(attachment);
  return ended;
}

/** Is the owner until the seat is lost or this window leaves. */
export async function sit({ entered, left, leaving }: PartOptions, seat: Seat): Promise<void> {
  leaving.addEventListener('abort', seat.close);
  if (leaving.aborted) seat.close();
  const lost = new Promise<void>(resolve => {
    // Before anybody is told: whoever is told may find out at once that the seat is lost already.
    seat.lost.addEventListener('abort', () => resolve());
    if (seat.lost.aborted) resolve();
  });
  if (!seat.lost.aborted) entered(seat.attachment);
  await lost;
  left(seat.attachment);
  leaving.removeEventListener('abort', seat.close);
}

/**
 * Is its own owner, because windows cannot find each other: sign-in must work even then. Ends when they perhaps
 * can.
 */
export async function workAlone(
  options: PartOptions,
  reason: string,
  canMeet: () => Promise<boolean>,
): Promise<void> {
  const { directory, clock, log, timing, leaving } = options;
  log.error('This window cannot share with the others and works alone', { reason, directory });
  const seat = await takeSeat(options, undefined);
  if (seat === undefined) return;
  const lookAgain = async (): Promise<void> => {
    while (!seat.lost.aborted) {
      await wait(clock, timing.aloneRecheck, leaving).catch(() => undefined);
      if (!seat.lost.aborted && (await canMeet())) seat.close();
    }
  };
  await Promise.all([sit(options, seat), lookAgain()]);
}
