import assert from 'node:assert/strict';
import { shown } from '../../../../src/platform/shown.ts';
import { settled } from '../../../standIns/manualClock.ts';
import { dueAfter, someGrant, someTokens, start } from '../someGrant.ts';
import { keeping, minutes, unreachable } from './refreshing.ts';

/** A grant whose token ended during an outage, after which the provider is back. */
async function afterOutage(seconds = 3600) {
  const { clock, sent, server, tokensOf, open } = keeping();
  const { cache, refresher } = open();
  await cache.put(someGrant({ tokens: someTokens(1, { receivedAt: start, expiresAt: start + 600 }) }));
  server.answer = () => Promise.reject(unreachable());
  await clock.advance(600_000 + seconds * 1000);
  const tries = sent.length;
  assert.ok(tries > seconds / 400, 'it is tried again and again');
  server.answer = serial => Promise.resolve(tokensOf(serial));
  const serial = (): number | undefined => cache.known()[0]?.tokens.serial;
  return { clock, cache, refresher, server, serial, tries: () => sent.length - tries };
}

describe('when the provider is back after an outage', () => {
  it('the first who asks gets a token that works, by one request', async () => {
    const { clock, refresher, serial, tries } = await afterOutage();
    await clock.advance(5000);
    if (tries() === 0) await refresher.renew('grant-0001', 1);
    assert.deepEqual([serial(), tries()], [2, 1]);
  });

  for (const outage of [100, 900, 3600, 8 * 3600])
    it(`whoever asks every second gets a token that works within 5 s and by one try, after ${outage} s`, async () => {
      for (let moment = 0; moment < 300; moment += 13) {
        const { clock, refresher, serial, tries } = await afterOutage(outage + moment);
        let waited = 0;
        for (; serial() === 1; waited++) {
          void refresher.renew('grant-0001', 1);
          await clock.advance(1000);
        }
        assert.deepEqual([serial(), tries()], [2, 1]);
        assert.ok(waited <= 5, `${waited} s, ${moment} s later`);
      }
    });

  it('it is asked at once when the person or the network is back', async () => {
    const { clock, refresher, serial, tries } = await afterOutage();
    await clock.advance(5000);
    refresher.rouse();
    await clock.advance(1);
    assert.deepEqual([serial(), tries()], [2, 1]);
  });

  it('it is asked at once after the computer has slept', async () => {
    const { clock, serial, tries } = await afterOutage();
    await clock.sleep(minutes(480));
    await clock.advance(1);
    assert.deepEqual([serial(), tries()], [2, 1]);
  });

  it('the other sign-ins are tried as soon as one has succeeded', async () => {
    const { clock, sent, server, tokensOf, open } = keeping();
    const { cache, refresher } = open();
    const ends = { receivedAt: start, expiresAt: start + 600 };
    for (const id of ['grant-0001', 'grant-0002', 'grant-0003'])
      await cache.put(someGrant({ id, tokens: someTokens(1, ends), account: { id, label: shown(id) } }));
    server.answer = () => Promise.reject(unreachable());
    await clock.advance(minutes(60));
    server.answer = serial => Promise.resolve(tokensOf(serial));
    await clock.advance(5000);
    const before = sent.length;
    await refresher.renew('grant-0002', 1);
    await clock.advance(5000);
    assert.deepEqual(
      cache.known().map(({ tokens }) => tokens.serial),
      [2, 2, 2],
    );
    assert.ok(sent.length - before <= 3);
  });
});

describe('while the provider is away', () => {
  it('it is asked once in five seconds at most, whatever comes back how often', async () => {
    const { clock, refresher, server, tries } = await afterOutage();
    server.answer = () => Promise.reject(unreachable());
    const seconds = 60;
    for (let time = 0; time < seconds * 10; time++) {
      refresher.rouse();
      void refresher.renew('grant-0001', 1);
      await clock.advance(100);
    }
    assert.ok(tries() <= seconds / 5 + 1, `${tries()} requests in ${seconds} s`);
    assert.ok(tries() >= seconds / 5 - 1, `${tries()} requests in ${seconds} s`);
    await settled();
  });
});

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
