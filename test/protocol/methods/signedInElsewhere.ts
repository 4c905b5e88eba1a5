import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { secret } from '../../../src/platform/secret.ts';
import type { Provider, ProviderDefinition } from '../../../src/providers/entries/definition.ts';
import { createAccounts } from '../../../src/sessions/accounts.ts';
import type { Grant } from '../../../src/sessions/grant/grant.ts';
import { withMainToken } from '../../../src/sessions/grant/outcome.ts';
import { createGrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { refreshGrant } from '../../../src/signIn/after/keepGrant.ts';
import type { FindSubject } from '../../../src/signIn/client/subject.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { nothingRenewed } from '../../standIns/nothingRenewed.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { personSignsIn, signInTrial, type SignInTrial } from '../signingIn.ts';

/** People who are signed in to the provider `company`, in a cache from which another sign-in takes their tokens. */
export async function signedInElsewhere(
  settings: Partial<ProviderDefinition>,
  ...who: (keyof typeof people)[]
) {
  const clock = manualClock();
  const log = recordingLog();
  const store = createGrantStore({ storage: memorySecretStorage(), log, onSetAside: () => undefined });
  const cache = createGrantCache(store, clock, log);
  let company: Provider | undefined;
  let trial: SignInTrial | undefined;
  for (const name of who) {
    trial = signInTrial({ browser: personSignsIn(people[name]) });
    company = trial.provider({ label: 'Company', ...settings }, 'company');
    await cache.put(await trial.signIn(company));
  }
  const accounts = createAccounts({ cache, clock, log, sharing: nothingRenewed(cache) });
  const renew = async (grant: Grant): Promise<Grant | undefined> => {
    if (!trial || !company) return grant;
    const tokens = await (await refreshGrant(trial.context, company, grant, () => undefined)).judge();
    const renewed = withMainToken(grant, tokens);
    await cache.update(grant.id, () => renewed);
    return renewed;
  };
  const findSubject: FindSubject = async id =>
    id === 'company' && company
      ? { provider: company, grants: await accounts.current(company), renew }
      : undefined;
  return { findSubject, cache, clock, company };
}

/** Gives the first sign-in an ID token that ends in so many seconds, by the clock of this computer. */
export async function endIdTokenIn(
  seconds: number,
  { cache }: Pick<Awaited<ReturnType<typeof signedInElsewhere>>, 'cache'>,
): Promise<void> {
  const [grant] = cache.known();
  assert.ok(grant?.tokens.idToken);
  const claims = {
    ...decodeJwt(grant.tokens.idToken.reveal()),
    exp: Math.floor(Date.now() / 1000) + seconds,
  };
  const idToken = secret(`e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.e30`);
  await cache.update(grant.id, current => ({ ...current, tokens: { ...current.tokens, idToken } }));
}

/** The same sign-ins, renewed in another way. */
export const renewing =
  (findSubject: FindSubject, renew: (grant: Grant) => Promise<Grant | undefined>): FindSubject =>
  async id => {
    const subject = await findSubject(id);
    return subject && { ...subject, renew };
  };
