import assert from 'node:assert/strict';
import { keeping, minutes } from './refreshing.ts';
import { dueAfter, someGrant } from '../someGrant.ts';

describe('the token refresher in an extension host whose window has gone, and with it the storage', () => {
  const gone = async () => {
    const kept = keeping();
    const opened = kept.open();
    await opened.cache.put(someGrant());
    kept.storage.gone = true;
    return { ...kept, ...opened };
  };

  it('spends no refresh token that nobody asked for: the next one would be lost with the host', async () => {
    const { clock, storage, sent, log, cache } = await gone();
    await clock.advance(minutes(3 * 60));
    assert.deepEqual(sent, []);
    assert.equal((await cache.get('grant-0001'))?.refreshSentAt, undefined);
    assert.equal(log.lines.filter(line => /storage does not answer/.test(line)).length, 1);
    assert.ok(storage.calls.length < 10, 'it does not write again and again');
  });

  it('refreshes for whoever asks', async () => {
    const { clock, sent, refresher } = await gone();
    await clock.advance(minutes(61));
    const asked = refresher.renew('grant-0001', 1);
    await clock.advance(minutes(1));
    assert.equal((await asked)?.tokens.serial, 2);
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('refreshes for whoever asks while it finds that out', async () => {
    const { clock, sent, refresher } = await gone();
    await clock.advance(minutes(54));
    const asked = refresher.renew('grant-0001', 1);
    await clock.advance(minutes(1));
    assert.equal((await asked)?.tokens.serial, 2);
    assert.deepEqual(sent, ['refresh-1']);
  });

  it('refreshes by itself again when the window is back', async () => {
    const { clock, storage, sent } = await gone();
    await clock.advance(minutes(56));
    storage.gone = false;
    await clock.advance(minutes(2));
    assert.deepEqual(sent, ['refresh-1']);
    assert.match(storage.values.get('grant:grant-0001') ?? '', /refresh-2/);
  });

  it('leaves the grants to another window, if there is one', async () => {
    const { clock, sent, others } = await gone();
    await clock.advance(dueAfter() * 1000 + 30_000);
    assert.deepEqual(sent, []);
    assert.ok(others.asked > 0);
  });
});
