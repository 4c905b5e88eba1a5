import assert from 'node:assert/strict';
import fc from 'fast-check';
import { setBackTolerance, watchSetBacks } from '../../../../src/platform/clock.ts';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import { fresh } from '../../../../src/sessions/usableSession.ts';
import { dueAfter, someGrant, someProvider, start } from '../someGrant.ts';
import { keeping, minutes } from './refreshing.ts';

const id = 'grant-0001';
const lifetime = 3600;

/** What happens, by the time that really passes: the clock is set, somebody asks for a token, or the editor restarts. */
const happening = fc.record({
  /** Seconds until then. */
  after: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2500 })),
  does: fc.oneof(
    fc.record({
      set: fc.oneof(fc.integer({ min: -10_000, max: 10_000 }), fc.integer({ min: -30, max: 30 })),
    }),
    fc.constant('ask' as const),
    fc.constant('restart' as const),
  ),
});

describe('whatever the clock does', () => {
  it('a step back is noticed once, by the next look or, within the second after one, when that is over', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: setBackTolerance * 1000, max: 200_000 }),
        (passed, back) => {
          let [now, elapsed] = [0, 0];
          const setBack = watchSetBacks({
            now: () => now,
            elapsed: () => elapsed,
            after: () => () => undefined,
          });
          [now, elapsed] = [passed - back, passed];
          const found = [setBack()];
          if (now >= 0 && now < 1000) {
            assert.deepEqual(found, [0]);
            now += 1000;
            elapsed += 1000;
          }
          found.push(setBack(), setBack());
          assert.deepEqual(found.filter(Boolean), [Math.round(back / 1000)]);
        },
      ),
    );
  });

  it('no ended token is handed out as valid for longer than it tolerates, and none is refreshed late', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 2, maxLength: 12 }), async happenings => {
        const { clock, open, server, tokensOf } = keeping();
        /** Seconds that have really passed. */
        let now = 0;
        /** When the server made the current token. */
        let madeAt = 0;
        server.answer = serial => {
          madeAt = now;
          return Promise.resolve(tokensOf(serial));
        };
        let window = open();
        await window.cache.put(someGrant());
        /** How far small steps have led: within the tolerance for each token. */
        const slack = setBackTolerance + 2;
        const pass = async (seconds: number): Promise<void> => {
          for (let second = 0; second < seconds; second += 5) {
            const step = Math.min(5, seconds - second);
            now += step;
            await clock.advance(step * 1000);
            // Not by its ID: a cache that is asked for that looks at the clock.
            const serial = window.cache.known()[0]?.tokens.serial;
            const age = now - madeAt;
            assert.ok(age <= dueAfter(serial) + slack, `refreshed ${age} s after it came`);
          }
        };
        for (const { after, does } of happenings) {
          await pass(after);
          if (does === 'restart') {
            window.refresher.dispose();
            await window.refresher.idle();
            await window.cache.written();
            window = open();
            await window.cache.get(id);
          } else if (does === 'ask') {
            const { cache, refresher } = window;
            const sharing = { renew: refresher.renew, derive: refresher.derive };
            const [grant] = await cache.ofProvider('oidc');
            assert.ok(grant);
            const found = await fresh({ cache, clock, sharing }, someProvider, grant, undefined);
            const isEnded = now - madeAt >= lifetime + slack;
            assert.ok(found?.hasEnded !== false || !isEnded, 'valid');
          } else clock.set(does.set * 1000);
        }
        await pass(2 * lifetime);
      }),
      { numRuns: 40 },
    );
  });

  /** Steps of the clock in the 30 minutes after a refresh. */
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ['back by twenty minutes', [-1200]],
    ['back by twenty minutes, twice', [-1200, -1200]],
    ['back by less than it tolerates, a hundred times', Array<number>(100).fill(1 - setBackTolerance)],
  ];
  for (const isAhead of [false, true])
    for (const [what, steps] of cases)
      it(`${what}${isAhead ? ' after it was ahead' : ''}: the next start refreshes in time`, async () => {
        const { clock, sent, open } = keeping();
        const before = open();
        await before.cache.put(someGrant());
        if (isAhead) clock.set(minutes(40));
        await clock.advance(dueAfter() * 1000);
        assert.deepEqual(sent, ['refresh-1']);
        for (const step of steps) {
          await clock.advance(minutes(30) / steps.length);
          clock.set(step * 1000);
          assert.ok(await before.cache.get(id));
        }
        before.refresher.dispose();
        await before.cache.written();
        const { cache } = open();
        assert.ok(await cache.get(id));
        await clock.advance(dueAfter(2) * 1000 - minutes(30) - 1000);
        assert.deepEqual(sent, ['refresh-1']);
        await clock.advance((2 + setBackTolerance) * 1000);
        assert.deepEqual(sent, ['refresh-1', 'refresh-2']);
      });
});

describe('a clock that is set while tokens are kept fresh', () => {
  it('back by ten minutes: they are refreshed before they really end', async () => {
    const { clock, sent, open } = keeping();
    await open().cache.put(someGrant());
    await clock.advance(minutes(30));
    clock.set(-minutes(10));
    await clock.advance(dueAfter() * 1000 - minutes(30) - 1);
    assert.deepEqual(sent, []);
    await clock.advance(1);
    assert.deepEqual(sent, ['refresh-1'], 'after so long a time as without that');
    await clock.advance(minutes(54));
    assert.deepEqual(sent, ['refresh-1', 'refresh-2']);
  });

  it('forward by ten minutes: they are refreshed once for each time, however many ask', async () => {
    const { clock, sent, open } = keeping();
    const { cache, refresher } = open();
    await cache.put(someGrant());
    await clock.advance(minutes(30));
    clock.set(minutes(10));
    await clock.advance(minutes(16));
    await Promise.all([refresher.renew('grant-0001', 1), refresher.renew('grant-0001', 1)]);
    assert.deepEqual(sent, ['refresh-1']);
    await clock.advance(dueAfter(2) * 1000 - 1);
    assert.deepEqual(sent, ['refresh-1'], 'the timer of the old tokens is none of the new ones');
    await clock.advance(1);
    assert.deepEqual(sent, ['refresh-1', 'refresh-2']);
  });

  it('back by hours while the editor is closed: the times of the tokens say nothing, and they are refreshed at once', async () => {
    const { clock, sent, open } = keeping();
    const before = open();
    await before.cache.put(someGrant());
    await before.cache.stored('grant-0001');
    before.refresher.dispose();
    clock.set(-minutes(120));
    const { cache } = open();
    assert.ok(await cache.get('grant-0001'));
    await clock.advance(1000);
    assert.deepEqual(sent, ['refresh-1']);
    await clock.advance(dueAfter(2) * 1000 - 2000);
    assert.deepEqual(sent, ['refresh-1'], 'once: the new ones are of the new time');
    await clock.advance(2000);
    assert.deepEqual(sent, ['refresh-1', 'refresh-2']);
  });

  it('back by a minute, as a time server does: nothing is refreshed for that', async () => {
    const { clock, sent, open } = keeping();
    await open().cache.put(someGrant());
    clock.set(-60_000);
    const { cache } = open();
    assert.ok(await cache.get('grant-0001'));
    await clock.advance(dueAfter() * 1000 - 1);
    assert.deepEqual(sent, []);
  });

  for (const grace of [0, 30]) {
    it(`back by ten minutes, after an answer was lost of a server that forgives for ${grace} s: nothing is sent twice for that`, async () => {
      const { configure, clock, sent, server, open } = keeping();
      const { cache, refresher } = open();
      await cache.put(someGrant());
      configure({ rotationGrace: grace });
      server.answer = () => Promise.reject(new Failure('timed-out', { host: 'a.example.com', seconds: 15 }));
      await clock.advance(minutes(56));
      const before = sent.length;
      assert.ok(before > 0);
      clock.set(-minutes(10));
      await refresher.renew('grant-0001', 1, true);
      assert.equal(sent.length, before, 'the access token still works');
      assert.equal((await cache.get('grant-0001'))?.refreshSentAt, start + dueAfter());
      await clock.advance(minutes(14));
      assert.ok(sent.length > before, 'when it has ended there is nothing left to lose');
    });
  }
});
