import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { answerWith, hourOfTokens } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, someTokens, start } from '../someGrant.ts';

/** A storage that answers a process until its call of this number, which is made or not, and then never again. */
function mortalStorage(values: Map<string, string>, last: number, isMade: boolean) {
  const storage = memorySecretStorage(values);
  const never = new Promise<never>(() => undefined);
  let calls = 0;
  const until =
    <Args extends unknown[], T>(make: (...args: Args) => PromiseLike<T>) =>
    async (...args: Args): Promise<T> => {
      calls++;
      if (calls > last || (calls === last && !isMade)) return never;
      const result = await make(...args);
      return calls === last ? never : result;
    };
  return {
    ...storage,
    get: until(storage.get),
    store: until(storage.store),
    delete: until(storage.delete),
    count: () => calls,
  };
}

/** A refresh in a process that ends at a call of its storage, and the next process. */
async function live(last: number, isMade: boolean, takesTime: boolean) {
  const clock = manualClock(start * 1000);
  const values = new Map<string, string>();
  let current = 'refresh-1';
  const sent: string[] = [];
  const open = (storage = memorySecretStorage(values)) =>
    keptGrants(
      {
        clock,
        answer: () => assert.fail(),
        refresh(_provider, { tokens }: Grant, beforeSending) {
          beforeSending();
          const token = tokens.refreshToken?.reveal() ?? '';
          sent.push(token);
          if (token !== current) {
            const details = { host: 'login.example.com', error: 'invalid_grant', said: '' };
            return Promise.reject(new Failure('grant-refused', details, { oauthError: 'invalid_grant' }));
          }
          const next = hourOfTokens(clock, sent.length + 1);
          current = next.refreshToken?.reveal() ?? '';
          return Promise.resolve({ ...answerWith(next), takesTime });
        },
      },
      storage,
    );
  const first = open();
  await first.cache.put(someGrant({ tokens: someTokens(1, { receivedAt: start, expiresAt: start + 60 }) }));
  first.refresher.dispose();
  await clock.advance(61_000);

  const storage = mortalStorage(values, last, isMade);
  const dying = open(storage);
  // The window answers: nobody waits for a storage that is silent.
  void dying.cache.ofProvider('oidc').then(() => dying.refresher.renew('grant-0001', 1));
  await settled();
  const hasAnswer = values.get('grant:grant-0001')?.includes(`"${current}"`) === true;
  dying.refresher.dispose();

  const next = open();
  const [found] = await next.cache.ofProvider('oidc');
  assert.ok(found, 'it is found');
  const renewed = next.refresher.renew(found.id, found.tokens.serial, true);
  await clock.advance(60_000);
  next.refresher.dispose();
  return { calls: storage.count(), hasAnswer, needed: (await renewed)?.signInNeeded !== undefined };
}

describe('a process that ends in the middle of a refresh', () => {
  for (const takesTime of [false, true])
    it(`loses nothing but an answer that it had not stored${takesTime ? ', of which the rest is judged' : ''}`, async () => {
      const { calls } = await live(Infinity, true, takesTime);
      assert.ok(calls > 6, `${calls} calls`);
      let lost = 0;
      for (let last = 1; last <= calls; last++)
        for (const isMade of [false, true]) {
          const { hasAnswer, needed } = await live(last, isMade, takesTime);
          assert.equal(needed, !hasAnswer, `call ${last}, ${isMade ? '' : 'not '}made`);
          if (needed) lost++;
        }
      assert.ok(lost > 0 && lost < calls, `${lost} of ${calls}`);
    });
});
