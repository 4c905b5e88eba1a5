import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import type { Tokens } from '../../../src/protocol/tokens/tokens.ts';
import type { Provider } from '../../../src/providers/entries/definition.ts';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import { plainScopes } from '../../../src/sessions/grant/pseudoScopes.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { everyGrantOf, hourOfTokens } from '../../standIns/quietWindow.ts';
import { keptGrants } from './cachedGrants.ts';
import { someProvider, start } from './someGrant.ts';

export const hour = 3_600_000;
/** A provider that gives tokens for fewer scopes. */
export const narrowing: Provider = { ...someProvider, narrowTokens: true };
export const [first, second, third] = [
  'https://a.example.com/',
  'https://b.example.com/',
  'https://c.example.com/',
];
/** A provider that gives tokens for each of several resources. */
export const several: Provider = { ...someProvider, tokenPerResource: true, resources: [first, second] };

/** What a refresh asked for: the refresh token, and the scopes of the derived token; '' for the main one. */
type Sent = readonly [refreshToken: string, derived: string];

/** One window that asks for tokens, and a server that rotates refresh tokens and answers as the test says. */
export function asking(provider: Provider, storage = memorySecretStorage()) {
  const clock = manualClock(start * 1000);
  const sent: Sent[] = [];
  let atOnce = 0;
  const server = {
    most: 0,
    answer: (scopes: readonly string[] | undefined): Promise<Tokens> => Promise.resolve(tokensFor(scopes)),
  };
  const tokensFor = (scopes: readonly string[] | undefined): Tokens =>
    hourOfTokens(clock, sent.length + 1, {
      accessToken: secret(`access for ${scopes?.join(' ') ?? 'all'} #${sent.length}`),
      grantedScopes: scopes && plainScopes(scopes),
    });
  const kept = keptGrants(
    {
      clock,
      async answer(grant, derived) {
        sent.push([grant.tokens.refreshToken?.reveal() ?? '', derived?.join(' ') ?? '']);
        server.most = Math.max(server.most, ++atOnce);
        try {
          return await server.answer(derived);
        } finally {
          atOnce--;
        }
      },
      providers: everyGrantOf(provider),
    },
    storage,
  );
  const { cache, refresher, log } = kept;
  const accounts = createAccounts({
    cache,
    clock,
    log,
    sharing: { ...refresher, add: () => Promise.reject(new Error('Nobody signs in')) },
  });
  const tokenFor = async (...scopes: string[]): Promise<string | undefined> => {
    const [session] = await accounts.sessions(provider, scopes);
    assert.deepEqual(session?.scopes ?? scopes, scopes);
    return session?.accessToken.reveal();
  };
  return { ...kept, clock, sent, server, tokenFor, tokensFor };
}

export const refused = (error: string) =>
  new Failure('request-refused', { host: 'login.example.com', error, said: '' }, { oauthError: error });
