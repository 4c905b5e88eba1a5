import assert from 'node:assert/strict';
import { Failure } from '../../../../src/protocol/failures/failure.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { everyGrantOf, hourOfTokens } from '../../../standIns/quietWindow.ts';
import { keptGrants } from '../cachedGrants.ts';
import { someGrant, someProvider, start } from '../someGrant.ts';

/** A refresher for a server with these habits, whose first answers are lost on the way. */
function keeping(habits: { grace: number; endsAccessToken: boolean; lost: number }) {
  const clock = manualClock(start * 1000);
  /** When the refresh token was sent, in seconds after the start. */
  const sent: number[] = [];
  const kept = keptGrants({
    clock,
    answer(grant) {
      sent.push(clock.now() / 1000 - start);
      return sent.length <= habits.lost
        ? Promise.reject(new Failure('timed-out', { host: 'login.example.com', seconds: 15 }))
        : Promise.resolve(hourOfTokens(clock, grant.tokens.serial + 1, { expiresAt: undefined }));
    },
    providers: everyGrantOf({
      ...someProvider,
      rotationGrace: habits.grace,
      refreshEndsAccessToken: habits.endsAccessToken,
    }),
  });
  return { clock, sent, ...kept };
}

const hour = 3_600_000;

describe('a server that forgives a repeated refresh token for 30 seconds', () => {
  it('is sent it again within that time after an answer was lost', async () => {
    const { clock, cache, sent } = keeping({ grace: 30, endsAccessToken: false, lost: 1 });
    await cache.put(someGrant());
    await clock.advance(hour);
    assert.equal(sent.length, 2);
    assert.ok((sent[1] ?? 0) - (sent[0] ?? 0) < 30, String(sent));
    assert.equal((await cache.get('grant-0001'))?.tokens.accessToken.reveal(), 'access-2');
  });

  it('counts that time from the first of several requests; then the access token is used up first', async () => {
    const { clock, cache, sent } = keeping({ grace: 30, endsAccessToken: false, lost: 100 });
    await cache.put(someGrant());
    await clock.advance(hour - 6000);
    const [first = 0] = sent;
    assert.ok(sent.length > 1);
    assert.ok(
      sent.every(at => at - first < 30),
      String(sent),
    );
  });
});

describe('a server that forgives nothing', () => {
  it('is not sent a refresh token again while the access token works', async () => {
    const { clock, cache, sent } = keeping({ grace: 0, endsAccessToken: false, lost: 1 });
    await cache.put(someGrant());
    await clock.advance(hour - 6000);
    assert.equal(sent.length, 1);
  });
});

describe('a server whose refresh ends the old access token', () => {
  it('is asked a minute before the end, not when 90 % of the time is over', async () => {
    const { clock, cache, sent } = keeping({ grace: 0, endsAccessToken: true, lost: 0 });
    await cache.put(someGrant());
    await clock.advance(hour);
    assert.deepEqual(sent, [3540]);
  });
});
