import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import { within } from '../../windows/patience.ts';
import type { Grant } from '../grant/grant.ts';
import type { Windows } from './windowCalls.ts';

export interface AttentionOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly windows: Promise<Windows>;
  /** This window, as `presence` tells it. */
  readonly name: string;
  /** Tells the person here. */
  show(grant: Grant): void;
}

/** How long the windows have to say whether the person looks at them, in milliseconds. */
const patience = 20_000;

/** Tells the person that a grant needs them: once, in the window that they look at, or else in this one. */
export async function callForSignIn(
  { clock, log, windows, name, show }: AttentionOptions,
  grant: Grant,
): Promise<void> {
  try {
    const group = await windows;
    const late = (): Error => new Error('The other windows did not answer in time.');
    const outcomes = await within(clock, patience, group.broadcast.presence(), late);
    const present = outcomes.flatMap(outcome => ('value' in outcome ? [outcome.value] : []));
    const looking = present.find(({ focused }) => focused)?.window ?? name;
    if (looking !== name) {
      await group.broadcast.signInNeeded(looking, grant.id);
      return;
    }
  } catch {
    log.debug('the other windows could not be asked which one the person looks at');
  }
  show(grant);
}
