import assert from 'node:assert/strict';
import type { Clock } from '../../../src/platform/clock.ts';
import type { Tokens } from '../../../src/protocol/tokens.ts';
import type { Grant } from '../../../src/sessions/grant.ts';
import { createGrantBook } from '../../../src/sessions/grantBook.ts';
import { createGrantStore } from '../../../src/sessions/grantStore.ts';
import { createKeeper } from '../../../src/sessions/keeper.ts';
import type { KeeperOptions } from '../../../src/sessions/keeperOptions.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { quietKeeper } from '../../standIns/quietWindow.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';

type Options = Partial<Omit<KeeperOptions, 'refresh'>> & {
  readonly clock: Clock;
  /** Plays the server, which has been sent the refresh token. */
  answer(grant: Grant, derived: readonly string[] | undefined): Promise<Tokens>;
};

/** The grants of one window, and what keeps their tokens fresh. */
export function keptGrants({ answer, clock, ...options }: Options, storage = memorySecretStorage()) {
  const log = recordingLog();
  const store = createGrantStore({ storage, log, onSetAside: () => assert.fail('nothing is damaged') });
  const book = createGrantBook(store, clock, log);
  /** Why a sign-in was needed, as often as it was told. */
  const needed: string[] = [];
  const keeper = createKeeper({
    ...quietKeeper,
    book,
    clock,
    log,
    async refresh(grant, beforeSending, derived) {
      beforeSending();
      return answer(grant, derived);
    },
    onSignInNeeded: grant => needed.push(grant.signInNeeded?.reason ?? ''),
    ...options,
  });
  return { storage, log, book, keeper, needed };
}
