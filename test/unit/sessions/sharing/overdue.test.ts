import assert from 'node:assert/strict';
import { overdueAt } from '../../../../src/sessions/grant/fate.ts';
import { createMemories } from '../../../../src/sessions/refresh/memories.ts';
import { watchOverdue } from '../../../../src/sessions/sharing/overdue.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { everyGrantOf } from '../../../standIns/quietWindow.ts';
import { recordingLog } from '../../../standIns/recordingLog.ts';
import { keptGrants } from '../cachedGrants.ts';
import { dueAfter, someGrant, someProvider, someTokens, start } from '../someGrant.ts';

/** A window that does not keep the tokens, and does not hear of a refresh unless the test says so. */
async function member() {
  const clock = manualClock(start * 1000);
  const { cache, refresher } = keptGrants({ clock, answer: () => assert.fail('another window keeps them') });
  refresher.dispose();
  const memories = createMemories();
  const asked: number[] = [];
  const leading: { now: unknown } = { now: undefined };
  const { stop } = watchOverdue({
    cache,
    clock,
    providers: everyGrantOf(someProvider),
    memories,
    log: recordingLog(),
    windows: new Promise(() => undefined),
    leading,
    renew(_, serial) {
      asked.push(serial);
      return Promise.resolve(undefined);
    },
  });
  await cache.put(someGrant());
  return { clock, cache, memories, asked, leading, stop };
}

describe('a window that does not keep the tokens', () => {
  const due = dueAfter();

  it('asks for those that should have come, a while after they were due', async () => {
    const { clock, asked } = await member();
    await clock.advance(due * 1000);
    assert.deepEqual(asked, [], 'whoever keeps them has the time to refresh them');
    await clock.advance(60_000);
    assert.deepEqual(asked, [1]);
    await clock.advance(3_600_000);
    assert.ok(asked.length >= 10 && asked.length <= 13, 'and again from time to time');
  });

  it('asks for none at once that had ended when it heard of the grant', async () => {
    const { clock, cache, asked } = await member();
    const tokens = someTokens(2, { receivedAt: start - 7200, expiresAt: start - 3600 });
    await cache.update('grant-0001', grant => ({ ...grant, tokens }));
    await clock.advance(30_000);
    assert.deepEqual(asked, []);
    await clock.advance(30_000);
    assert.deepEqual(asked, [2]);
  });

  it('asks for none, and does not even wake up, while they come', async () => {
    const { clock, cache, asked } = await member();
    let serial = 1;
    for (let time = 0; time < 86_400; time += due) {
      const pending = clock.pending;
      await clock.advance(due * 1000);
      assert.equal(clock.pending, pending);
      const receivedAt = clock.now() / 1000;
      await cache.update('grant-0001', grant => ({
        ...grant,
        tokens: someTokens(++serial, { receivedAt, expiresAt: receivedAt + 3600 }),
      }));
    }
    assert.deepEqual(asked, []);
  });

  it('asks for none of a provider that is known to be out of reach, of a grant that is gone, or while it leads', async () => {
    const trouble = await member();
    const retryAt = start + 2 * 3600;
    trouble.memories.hear('grant-0001', 1, { reason: 'No network.', retryAt });
    await trouble.clock.advance(7_200_000);
    assert.deepEqual(trouble.asked, []);
    await trouble.clock.advance(60_000);
    assert.deepEqual(trouble.asked, [1]);

    const gone = await member();
    await gone.cache.remove('grant-0001', start);
    await gone.clock.advance(7_200_000);
    assert.deepEqual(gone.asked, []);

    const leading = await member();
    leading.leading.now = {};
    await leading.clock.advance(7_200_000);
    assert.deepEqual(leading.asked, []);

    const left = await member();
    left.stop();
    assert.equal(left.clock.pending, 0);
  });

  it('decides that by the fate of the grant alone', () => {
    const common = { until: start + 60, works: true, answers: true };
    assert.equal(overdueAt({ ...common, kind: 'due', nextAt: start }), start + 45);
    assert.equal(overdueAt({ ...common, kind: 'valid', nextAt: undefined }), undefined);
    assert.equal(overdueAt({ ...common, kind: 'sending', nextAt: undefined }), undefined);
    assert.equal(overdueAt({ ...common, kind: 'refused', reason: 'No.', nextAt: start }), undefined);
  });
});
