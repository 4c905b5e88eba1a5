import { l10n, shown, type Shown } from '../../platform/shown.ts';
import { endedReason } from '../../sessions/grant/ending.ts';
import { fateOf, type TokenPolicy } from '../../sessions/grant/fate.ts';
import type { Memory } from '../../sessions/grant/memory.ts';
import type { Grant } from '../../sessions/grant/grant.ts';

/** The state of a sign-in, as a user sees it. Times are in seconds since the epoch. */
export type SignInState =
  /** Its access token works, and is refreshed automatically. `until` is undefined if it never expires. */
  | { readonly kind: 'valid'; readonly until: number | undefined }
  /** Its access token works, but can't be refreshed: the user has to sign in again. */
  | { readonly kind: 'ending'; readonly until: number }
  /** Its access token has ended, and is renewed when it is next asked for, if not before. */
  | { readonly kind: 'due' }
  | {
      readonly kind: 'offline';
      readonly reason: Shown;
      readonly retryAt: number;
      /** Whether the access token works meanwhile. */
      readonly works: boolean;
    }
  | { readonly kind: 'needs-sign-in'; readonly reason: Shown };

/** @param now in seconds since the epoch. */
export function stateOf(grant: Grant, policy: TokenPolicy, memory: Memory, now: number): SignInState {
  const fate = fateOf(grant, policy, memory, now);
  const { until, works, nextAt } = fate;
  if (fate.kind === 'needs-sign-in') {
    return {
      kind: 'needs-sign-in',
      reason: fate.reason === undefined ? endedReason() : shown(fate.reason),
    };
  }
  if ((fate.kind === 'offline' || fate.kind === 'in-doubt') && fate.reason !== undefined)
    return { kind: 'offline', reason: shown(fate.reason), retryAt: nextAt ?? now, works };
  if (!works) return { kind: 'due' };
  return nextAt === undefined && fate.kind === 'valid' && until !== undefined
    ? { kind: 'ending', until }
    : { kind: 'valid', until };
}

const urgency: readonly SignInState['kind'][] = ['needs-sign-in', 'offline', 'due', 'ending', 'valid'];

/** Sorts what needs attention most to the front. */
export const byUrgency = (a: SignInState, b: SignInState): number =>
  urgency.indexOf(a.kind) - urgency.indexOf(b.kind);

/** A text that is true until `changesAt`, in seconds since the epoch. Undefined: until something happens. */
export interface Timed {
  readonly text: Shown;
  readonly changesAt: number | undefined;
}

/** The state in a few words, as it stands beside a name. */
export function describeState(state: SignInState, now: number): Timed {
  switch (state.kind) {
    case 'valid': {
      if (state.until === undefined) return lasting(l10n.t('valid'));
      const left = timeLeft(state.until, now);
      return { ...left, text: l10n.t('valid {0}', left.text) };
    }
    case 'ending': {
      const left = timeLeft(state.until, now);
      return { ...left, text: l10n.t('ends in {0}', left.text) };
    }
    case 'due':
      return lasting(l10n.t('refreshes at the next use'));
    case 'offline': {
      const wait = waitLeft(state.retryAt, now);
      if (!wait) return lasting(l10n.t('offline, retrying now'));
      return { ...wait, text: l10n.t('offline, retrying in {0}', wait.text) };
    }
    case 'needs-sign-in':
      return lasting(l10n.t('needs sign-in: {0}', state.reason));
  }
}

const lasting = (text: Shown): Timed => ({ text, changesAt: undefined });

const [minute, hour, day] = [60, 3600, 86_400];

/** How long something lasts, in whole units: a promise that is kept. */
function timeLeft(until: number, now: number): Timed {
  const left = Math.max(0, until - now);
  if (left < minute) return { text: l10n.t('less than a minute'), changesAt: until };
  const unit = left < 2 * day ? minute : hour;
  // One second after the last one that has this many whole units.
  const changesAt = now + (left % unit) + 1;
  if (left < hour) return { text: l10n.t('{0} min', Math.floor(left / minute)), changesAt };
  const hours = Math.floor(left / hour);
  if (left < 2 * day)
    return { text: l10n.t('{0} h {1} min', hours, Math.floor((left % hour) / minute)), changesAt };
  return { text: l10n.t('{0} days', Math.floor(left / day)), changesAt };
}

/** By how much this computer's clock differs from the provider's, where that matters. */
export function describeClock({ tokens: { clockOffset = 0 } }: Grant): string | undefined {
  return clockOffset === 0 ? undefined : timeLeft(Math.abs(clockOffset), 0).text;
}

/** A wait needn't show every second, and redrawing it would distract. */
const waitStep = 5;

function waitLeft(until: number, now: number): Timed | undefined {
  const left = until - now;
  if (left <= 0) return undefined;
  const step = left > minute ? minute : waitStep;
  const shown = Math.ceil(left / step) * step;
  const changesAt = until - (shown - step);
  return { text: step === minute ? l10n.t('{0} min', shown / minute) : l10n.t('{0} s', shown), changesAt };
}
