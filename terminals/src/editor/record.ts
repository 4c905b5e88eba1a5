import type * as vscode from 'vscode';
import { secondsNow, type Clock } from '../../../src/platform/clock.ts';
import type { Memory } from '../../../src/platform/storage.ts';
import type { Target } from '../consent/accounts.ts';
import { outcomeOf, withOutcome, type Outcome } from '../consent/outcomes.ts';
import type { Refusal } from '../consent/rules.ts';
import { createStatus, showGlance } from './activity.ts';
import { storedOutcomes, storeOutcomes } from './storage.ts';

/** What became of the requests in this workspace, and the entry of the status bar that says so. */
export interface OutcomeRecord extends vscode.Disposable {
  add(target: Target, result: { readonly account: string } | { readonly refusal: Refusal }): void;
  /** The oldest first. */
  readonly outcomes: () => readonly Outcome[];
  /** Shows whether tokens are locked now. */
  refresh(): void;
}

export function createRecord(memory: Memory, clock: Clock, isLocked: () => boolean): OutcomeRecord {
  const status = createStatus('oidcTerminals.showActivity');
  let given = 0;
  let account: string | undefined;
  const refresh = (): void => showGlance(status, { given, account, isLocked: isLocked() });
  return {
    add(target, result) {
      if ('account' in result) [given, account] = [given + 1, result.account];
      const one = outcomeOf(target, result, secondsNow(clock));
      storeOutcomes(memory, withOutcome(storedOutcomes(memory), one));
      refresh();
    },
    outcomes: () => storedOutcomes(memory),
    refresh,
    dispose: () => status.dispose(),
  };
}
