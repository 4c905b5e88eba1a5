import assert from 'node:assert/strict';
import { shown } from '../../../../src/platform/shown.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../../standIns/memorySecretStorage.ts';
import { dueAfter, someGrant, someTokens, start } from '../someGrant.ts';
import { keeping, minutes, unreachable } from './refreshing.ts';

const ids = ['grant-0001', 'grant-0002'] as const;

/** Two sign-ins whose provider has been away for so long that the next tries are minutes apart. */
async function twoInTrouble() {
  const { clock, sent, server, open } = keeping();
  const { cache, memories } = open();
  const ends = { receivedAt: start, expiresAt: start + 600 };
  for (const id of ids)
    await cache.put(someGrant({ id, tokens: someTokens(1, ends), account: { id, label: shown(id) } }));
  server.answer = () => Promise.reject(unreachable());
  await clock.advance(minutes(60));
  const nextTries = (): number[] =>
    ids.map(id => (memories.of(id).trouble?.retryAt ?? 0) * 1000).sort((a, b) => a - b);
  // Until the next tries are so far apart that only one of them is late.
  for (;;) {
    const [first = 0, second = 0] = nextTries();
    if (first - clock.now() > 1000 && second - first > 30_000) break;
    await clock.advance(1000);
  }
  const [first = 0] = nextTries();
  return { clock, sent, untilFirst: first - clock.now() };
}

describe('the timers of refreshes', () => {
  it('that are late tell that the computer was asleep: everything in trouble is tried', async () => {
    const { clock, sent, untilFirst } = await twoInTrouble();
    const before = sent.length;
    await clock.sleep(untilFirst + 20_000);
    await clock.advance(1);
    assert.equal(sent.length - before, 2);
  });

  it('that a busy computer makes a little late tell nothing', async () => {
    const { clock, sent, untilFirst } = await twoInTrouble();
    const before = sent.length;
    await clock.sleep(untilFirst + 5000);
    await clock.advance(1);
    assert.equal(sent.length - before, 1);
  });

  it('of a window that may not refresh look once a second, and again when it may', async () => {
    const { clock, sent, server, open } = keeping();
    const { cache } = open();
    server.leader = false;
    await cache.put(someGrant());
    await clock.advance(dueAfter(1) * 1000);
    let looks = 0;
    for (
      let next = clock.next ?? 0;
      next <= (start + dueAfter(1) + 60) * 1000;
      next = clock.next ?? Infinity
    ) {
      looks++;
      assert.ok(looks <= 61, 'it looks without a pause');
      await clock.advance(next - clock.now());
    }
    assert.ok(looks >= 59, `${looks} looks in a minute`);
    assert.equal(sent.length, 0);
    server.leader = true;
    await clock.advance(1000);
    assert.equal(sent.length, 1);
  });
});

it('a refresh that begins while the one before is being stored is carried out', async () => {
  const storage = memorySecretStorage();
  const { clock, server, tokensOf, open } = keeping(storage);
  const { cache, refresher } = open();
  await cache.put(someGrant());
  const isThere = async (serial: number): Promise<void> => {
    for (let turn = 0; turn < 100 && cache.peek('grant-0001')?.tokens.serial !== serial; turn++)
      await settled();
    assert.equal(cache.peek('grant-0001')?.tokens.serial, serial);
  };
  server.answer = serial => {
    storage.gone = true;
    return Promise.resolve(tokensOf(serial));
  };
  const first = refresher.renew('grant-0001', 1);
  await isThere(2);
  const arrived = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  server.answer = async serial => {
    arrived.resolve();
    await answered.promise;
    return tokensOf(serial);
  };
  const second = refresher.renew('grant-0001', 2);
  storage.gone = false;
  await Promise.all([first, arrived.promise]);
  // A third caller joins the one under way.
  const third = refresher.renew('grant-0001', 2);
  await settled();
  answered.resolve();
  await isThere(3);
  assert.deepEqual(
    (await Promise.all([second, third])).map(grant => grant?.tokens.serial),
    [3, 3],
  );
  await clock.advance(1);
});
