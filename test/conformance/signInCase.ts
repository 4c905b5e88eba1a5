import assert from 'node:assert/strict';
import type { Clock } from '../../src/platform/clock.ts';
import type { FailureCode } from '../../src/protocol/failures/failure.ts';
import type { ProviderDefinition } from '../../src/providers/entries/definition.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import type { Departure } from '../servers/hostile/departure.ts';
import type { Row } from './rows.ts';
import { conforms } from './table.ts';
import { assertFailure, failureOf, signIn, withTrial, type Trial } from './trial.ts';

/** One departure from the standard, and what must come of a sign-in there. */
export interface SignInCase {
  readonly row: Row;
  readonly variant?: string;
  /** What is wrong. */
  readonly departure: Departure;
  readonly must: 'sign in' | readonly [FailureCode, RegExp];
  readonly clock?: () => Clock;
  /** Settings of the provider. */
  readonly settings?: Partial<ProviderDefinition>;
  /** What must hold afterwards besides. */
  readonly also?: (trial: Trial, grant: Grant | undefined) => void;
}

export function signInCase({ row, variant = '', departure, must, clock, settings, also }: SignInCase): void {
  conforms(row, variant, () =>
    withTrial(
      departure,
      async trial => {
        if (must === 'sign in') {
          const grant = await signIn(trial, settings);
          assert.equal(grant.account.id, 'alice-1');
          also?.(trial, grant);
          return `signed in as ${grant.account.label}`;
        }
        const failure = await failureOf(trial, signIn(trial, settings));
        const got = assertFailure(failure, ...must);
        also?.(trial, undefined);
        return got;
      },
      clock && { clock: clock() },
    ),
  );
}
