import type { Clock } from '../../platform/clock.ts';
import { errorName, type Log } from '../../platform/log.ts';
import type { Everywhere } from '../../windows/calls.ts';
import type { Join } from '../../windows/group.ts';
import { within } from '../../windows/timeouts.ts';
import type { ToldTrouble } from '../refresh/memories.ts';
import type { Removal } from '../store/grantIndex.ts';
import type { LeaderCalls } from './leaderCalls.ts';

export interface WindowCalls {
  grantChanged(text: string): void;
  grantRemoved(removal: Removal): void;
  /** Whether the storage of this window responds: that of a closed window doesn't. */
  storageAnswers(): Promise<boolean>;
  /** Whether this window could renew the tokens of a grant: it has the provider, and the client secret. */
  canRenew(grantId: string): Promise<boolean>;
  /** The tokens of a grant can't be renewed for now. Null: that is over. */
  troubleChanged(grantId: string, trouble: ToldTrouble | null): Promise<void>;
  /** The leader lacks something that another window might have. */
  compare(): void;
  presence(): Promise<{ readonly window: string; readonly focused: boolean }>;
  /** To be shown by that window alone. */
  signInNeeded(window: string, grantId: string): Promise<void>;
  /** A redirect response that landed in another window. @returns whether a sign-in waits for it here. */
  deliver(path: string, parameters: readonly (readonly [string, string])[]): boolean;
}

export type JoinWindows = Join<LeaderCalls, WindowCalls>;
export type Windows = ReturnType<JoinWindows>;
export type Broadcast = Everywhere<WindowCalls>;

/** The response of another window, or an error after so many milliseconds. */
export const inTime = <T>(clock: Clock, milliseconds: number, answer: Promise<T>): Promise<T> =>
  within(clock, milliseconds, answer, () => new Error('The other windows did not answer in time.'));

/** Waits for something that can fail, and logs `what` then. */
export const quietly = (log: Log, promise: Promise<unknown>, what: string): Promise<unknown> =>
  promise.catch((error: unknown) => log.debug(what, { reason: errorName(error) }));
