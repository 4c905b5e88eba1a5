import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Tokens } from '../../../../src/protocol/tokens/tokens.ts';
import { createConfiguredProviders } from '../../../../src/providers/entries/configuredProviders.ts';
import type { Provider } from '../../../../src/providers/entries/definition.ts';
import type { AccountProfile } from '../../../../src/sessions/grant/events.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { hourOfTokens } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someProvider, start } from '../someGrant.ts';

/** Windows with one storage, whose server answers as the test says; every refresh token that was sent is noted. */
export function keeping(storage = memorySecretStorage()) {
  const clock = manualClock(start * 1000);
  const sent: string[] = [];
  const orphaned: string[] = [];
  const others = { asked: 0 };
  const tokensOf = (serial: number): Tokens => hourOfTokens(clock, serial);
  const providers = createConfiguredProviders();
  /** Undefined: the provider is not configured. */
  const configure = (changes: Partial<Provider> | undefined): void =>
    providers.update(changes ? [{ ...someProvider, ...changes }] : []);
  configure({});
  const server = {
    leader: true,
    answer: (serial: number): Promise<Tokens> => Promise.resolve(tokensOf(serial)),
    profile: (): Promise<AccountProfile | undefined> => Promise.resolve(undefined),
  };
  const open = () =>
    keptGrants(
      {
        clock,
        answer(grant) {
          sent.push(grant.tokens.refreshToken?.reveal() ?? '');
          return server.answer(grant.tokens.serial + 1);
        },
        profile: () => server.profile(),
        providers,
        isLeader: () => server.leader,
        leaveToOthers() {
          others.asked++;
          return Promise.resolve(false);
        },
        onOrphaned: (_, tokens) => void orphaned.push(tokens.accessToken.reveal()),
      },
      storage,
    );
  return { storage, clock, others, sent, orphaned, configure, server, tokensOf, open };
}

/** In milliseconds. */
export const minutes = (count: number): number => count * 60_000;

/** Nothing has reached the server. */
export const unreachable = () =>
  new Failure('unreachable', { host: 'login.example.com', reason: 'there is no network' }, { sent: false });
