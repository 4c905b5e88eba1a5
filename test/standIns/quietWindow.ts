import type { Clock } from '../../src/platform/clock.ts';
import { secret } from '../../src/platform/secret.ts';
import type { RefreshAnswer, Tokens } from '../../src/protocol/tokens/tokens.ts';
import type { Provider } from '../../src/providers/entries/definition.ts';
import type {
  RefresherOptions,
  RefresherLease,
  RefreshReports,
  TokenServer,
} from '../../src/sessions/refresh/refresherOptions.ts';
import { createMemories } from '../../src/sessions/refresh/memories.ts';
import type { SharingOptions } from '../../src/sessions/sharing/sharing.ts';
import { createKeptSignOuts } from '../../src/sessions/store/keptSignOuts.ts';
import { memorySecretStorage } from './memorySecretStorage.ts';
import { recordingLog } from './recordingLog.ts';
import { createSendings } from '../../src/protocol/server/sendings.ts';

/** Settings that never change, by which every grant is of this provider; undefined: of none. */
export const everyGrantOf = (provider: Provider | undefined): RefresherOptions['providers'] => ({
  of: () => provider,
  onDidChange: () => () => undefined,
});

type Quiet = Pick<RefresherOptions, 'cache' | 'clock' | 'log' | 'providers'> &
  Pick<TokenServer, 'refresh'> &
  Partial<TokenServer & RefresherLease & RefreshReports & Pick<RefresherOptions, 'memories'>>;

/** For a refresher in the window that owns its grants; it tells nobody but whom the test names. */
export const quietRefresher = ({
  cache,
  clock,
  log,
  providers,
  refresh,
  ...others
}: Quiet): RefresherOptions => ({
  cache,
  clock,
  log,
  providers,
  memories: others.memories ?? createMemories(),
  server: { refresh, profile: others.profile ?? (() => Promise.resolve(undefined)) },
  lease: {
    isLeader: others.isLeader ?? (() => true),
    heardOthers: others.heardOthers ?? (() => Promise.resolve()),
    formerLeaderMayLive: others.formerLeaderMayLive ?? (() => false),
    leaveToOthers: others.leaveToOthers ?? (() => Promise.resolve(false)),
  },
  reports: {
    onRefreshed: others.onRefreshed ?? ignore,
    onTrouble: others.onTrouble ?? ignore,
    onOrphaned: others.onOrphaned ?? ignore,
    onSignInNeeded: others.onSignInNeeded ?? ignore,
  },
});

const ignore = (): void => undefined;

/** Of a window in which nobody signs out. */
export const noSignOuts = (): SharingOptions['signOuts'] => ({
  kept: createKeptSignOuts(memorySecretStorage(), recordingLog()),
  revoke: () => Promise.reject(new Error('nobody signs out')),
});

/** For a window that nobody looks at, in which nobody signs in or looks anything up. */
export const quietWindow = {
  onOrphaned: ignore,
  activity: { record: () => undefined, entries: () => Promise.resolve([]) },
  sendings: createSendings(),
  signOuts: noSignOuts(),
  isFocused: () => false,
  showSignInNeeded: ignore,
  deliver: () => false,
} satisfies Partial<SharingOptions>;

/** An answer in which nothing is wrong. */
export const answerWith = (tokens: Tokens): RefreshAnswer => ({
  refreshToken: tokens.refreshToken,
  takesTime: false,
  judge: () => Promise.resolve(tokens),
});

/** What a server that rotates refresh tokens gives for an hour, numbered. */
export function hourOfTokens(clock: Clock, serial: number, changes: Partial<Tokens> = {}): Tokens {
  const receivedAt = Math.floor(clock.now() / 1000);
  return {
    accessToken: secret(`access-${serial}`),
    refreshToken: secret(`refresh-${serial}`),
    idToken: undefined,
    idTokenClaims: undefined,
    receivedAt,
    expiresAt: receivedAt + 3600,
    grantedScopes: undefined,
    ...changes,
  };
}
