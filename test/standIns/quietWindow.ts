import type { Clock } from '../../src/platform/clock.ts';
import { secret } from '../../src/platform/secret.ts';
import type { Tokens } from '../../src/protocol/tokens/tokens.ts';
import type { RefresherOptions } from '../../src/sessions/refresh/refresherOptions.ts';
import type { SharingOptions } from '../../src/sessions/sharing/sharing.ts';

/** For a refresher in the window that owns its grants, whose providers are all configured; it tells nobody. */
export const quietRefresher = {
  random: () => 0,
  isConfigured: () => true,
  assumedLifetime: () => undefined,
  isOwner: () => true,
  onSignInNeeded: () => undefined,
  onOrphaned: () => undefined,
} satisfies Partial<RefresherOptions>;

/** For a window that nobody looks at, in which nobody signs in or looks anything up. */
export const quietWindow = {
  activity: { record: () => undefined, entries: () => Promise.resolve([]) },
  isFocused: () => false,
  showSignInNeeded: () => undefined,
  deliver: () => false,
} satisfies Partial<SharingOptions>;

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
