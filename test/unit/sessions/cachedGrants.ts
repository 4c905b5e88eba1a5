import assert from 'node:assert/strict';
import type { Clock } from '../../../src/platform/clock.ts';
import type { Tokens } from '../../../src/protocol/tokens/tokens.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { createGrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { createMemories } from '../../../src/sessions/refresh/memories.ts';
import { createTokenRefresher } from '../../../src/sessions/refresh/refresher.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { answerWith, everyGrantOf, quietRefresher } from '../../standIns/quietWindow.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { someProvider } from './someGrant.ts';

type Options = Partial<Omit<Parameters<typeof quietRefresher>[0], 'clock'>> & {
  readonly clock: Clock;
  /** Plays the server, which has been sent the refresh token, unless there is a `refresh`. */
  answer(grant: Grant, derived: readonly string[] | undefined): Promise<Tokens>;
};

/** The grants of one window, and what keeps their tokens fresh. */
export function keptGrants({ answer, clock, ...options }: Options, storage = memorySecretStorage()) {
  const log = recordingLog();
  const store = createGrantStore({ storage, log, onSetAside: () => assert.fail('nothing is damaged') });
  const cache = createGrantCache(store, clock, log);
  /** Why a sign-in was needed, as often as it was told. */
  const needed: string[] = [];
  const memories = createMemories();
  const refresher = createTokenRefresher(
    quietRefresher({
      cache,
      clock,
      log,
      memories,
      providers: everyGrantOf(someProvider),
      async refresh(_provider, grant, beforeSending, derived) {
        beforeSending();
        return answerWith(await answer(grant, derived));
      },
      onSignInNeeded: grant => void needed.push(grant.signInNeeded?.reason ?? ''),
      ...options,
    }),
  );
  return { storage, log, cache, memories, refresher, needed };
}
