import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import { keeping, minutes } from './refreshing.ts';
import { dueAfter, someGrant, start } from '../someGrant.ts';

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
