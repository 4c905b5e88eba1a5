import assert from 'node:assert/strict';
import { keptGrants } from '../cachedGrants.ts';
import { manualClock, settled } from '../../../standIns/manualClock.ts';
import { everyGrantOf, hourOfTokens } from '../../../standIns/quietWindow.ts';
import { someGrant, someProvider, someTokens, start } from '../someGrant.ts';

/** The window that sent the refresh token fell silent, and this one has taken over. */
function takenOver(formerLeaderMayLive: boolean, rotationGrace = 0) {
  const clock = manualClock(start * 1000);
  const sent: number[] = [];
  const kept = keptGrants({
    clock,
    formerLeaderMayLive: () => formerLeaderMayLive,
    providers: everyGrantOf({ ...someProvider, rotationGrace }),
    answer(grant) {
      sent.push(clock.now() / 1000 - start);
      return Promise.resolve(hourOfTokens(clock, grant.tokens.serial + 1));
    },
  });
  return { ...kept, clock, sent };
}

const ended = someTokens(1, { receivedAt: start - 3600, expiresAt: start - 1 });
const inDoubt = (refreshSentAt: number) => someGrant({ tokens: ended, refreshSentAt });

describe('a refresh token that a window sent which fell silent', () => {
  it('is not sent again while that window may get the answer', async () => {
    const { cache, refresher, clock, sent } = takenOver(true);
    await cache.put(inDoubt(start - 4));
    const asked = refresher.renew('grant-0001', 1);
    await clock.advance(25_000);
    assert.deepEqual(sent, []);
    await clock.advance(1000);
    await asked;
    assert.deepEqual(sent, [26], 'thirty seconds after it was sent');
  });

  it('is not needed any more when that window tells of the answer', async () => {
    const { cache, refresher, clock, sent } = takenOver(true);
    await cache.put(inDoubt(start - 4));
    const asked = refresher.renew('grant-0001', 1);
    await clock.advance(5000);
    void cache.put(someGrant({ revision: 20_000, tokens: someTokens(2) }));
    assert.equal((await asked)?.tokens.serial, 2);
    await clock.advance(60_000);
    assert.deepEqual(sent, []);
  });

  it('is sent at once when that window tells that it was not sent after all', async () => {
    const { cache, refresher, clock, sent } = takenOver(true);
    await cache.put(inDoubt(start - 4));
    const asked = refresher.renew('grant-0001', 1);
    await clock.advance(5000);
    await cache.update('grant-0001', grant => ({ ...grant, refreshSentAt: undefined }));
    await asked;
    assert.deepEqual(sent, [5]);
  });

  it('is waited for as long again when it was sent again', async () => {
    const { cache, refresher, clock, sent } = takenOver(true);
    await cache.put({ ...inDoubt(start - 4000), refreshResentAt: start - 10 });
    const asked = refresher.renew('grant-0001', 1);
    await clock.advance(20_000);
    await asked;
    assert.deepEqual(sent, [20]);
  });

  it('is left to the next leader when this window closes', async () => {
    const { cache, refresher, clock, sent } = takenOver(true);
    await cache.put(inDoubt(start - 4));
    const asked = refresher.renew('grant-0001', 1);
    await settled();
    refresher.dispose();
    await refresher.idle();
    assert.equal((await asked)?.refreshResentAt, undefined, 'nothing says that it was sent again');
    await clock.advance(60_000);
    assert.deepEqual(sent, []);
  });

  it('is forgotten with its grant', async () => {
    const { cache, refresher, clock, sent } = takenOver(true);
    await cache.put(inDoubt(start - 4));
    const asked = refresher.renew('grant-0001', 1);
    await settled();
    void cache.remove('grant-0001', start);
    assert.equal(await asked, undefined);
    await clock.advance(60_000);
    assert.deepEqual(sent, []);
  });

  for (const [why, sentAt, formerLeaderMayLive, grace] of [
    ['that window has died', start - 4, false, 0],
    ['the server forgives a repetition', start - 4, true, 60],
    ['it was sent long ago', start - 31, true, 0],
    ['the clock was set back since', start + 300, true, 0],
  ] as const)
    it(`is sent again at once if ${why}`, async () => {
      const { cache, refresher, sent } = takenOver(formerLeaderMayLive, grace);
      await cache.put(inDoubt(sentAt));
      assert.equal((await refresher.renew('grant-0001', 1))?.tokens.serial, 2);
      assert.deepEqual(sent, [0]);
    });
});

describe('the revision of new tokens', () => {
  it('is higher than any that attempts which failed may have counted up to elsewhere', async () => {
    const { cache, refresher } = takenOver(false);
    await cache.put(someGrant({ tokens: ended }));
    const elsewhere = someGrant({ revision: 900, tokens: ended, refreshSentAt: start });
    const renewed = await refresher.renew('grant-0001', 1);
    assert.ok((renewed?.revision ?? 0) > elsewhere.revision);
    await cache.put(elsewhere);
    assert.equal((await cache.get('grant-0001'))?.tokens.serial, 2);
  });
});
