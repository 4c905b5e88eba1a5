import assert from 'node:assert/strict';
import {
  clockFor,
  clockOffset,
  clockTolerance,
  farthestClock,
} from '../../../src/protocol/http/serverTime.ts';
import { manualClock } from '../../standIns/manualClock.ts';

const clock = manualClock(1_700_000_000_000);
const now = 1_700_000_000;

const answer = (seconds: number): Response =>
  new Response('', { headers: { date: new Date((now + seconds) * 1000).toUTCString() } });

describe('the clock of a server', () => {
  const offsets: [what: string, seconds: number, offset: number | undefined][] = [
    ['the same', 0, 0],
    ['within the tolerance', clockTolerance, 0],
    ['within the tolerance, behind', -clockTolerance, 0],
    ['past the tolerance', clockTolerance + 1, clockTolerance + 1],
    ['behind', -7200, -7200],
    ['as far as is believed', farthestClock, farthestClock],
    ['farther than that', farthestClock + 1, undefined],
    ['farther than that, behind', -farthestClock - 1, undefined],
  ];
  for (const [what, seconds, offset] of offsets) {
    it(`is ${what}`, () => assert.equal(clockOffset(answer(seconds), clock), offset));
  }

  it('is not known of an answer without a date, or with nonsense', () => {
    assert.equal(clockOffset(new Response(''), clock), undefined);
    assert.equal(clockOffset(new Response('', { headers: { date: 'soon' } }), clock), undefined);
  });

  it('counts, unless a token is right by ours alone', () => {
    const of = (at: number) => ({ iat: at, nbf: at, exp: at + 300 });
    for (const offset of [-7200, -600, 600, 7200]) {
      assert.equal(clockFor(offset, of(now + offset), clock), offset, 'right by theirs');
      assert.equal(clockFor(offset, of(now), clock), 0, 'right by ours alone');
      assert.equal(clockFor(offset, of(now - 100_000), clock), offset, 'right by neither');
      assert.equal(clockFor(offset, { exp: now + 90_000 }, clock), offset, 'right by both');
      assert.equal(clockFor(offset, {}, clock), offset, 'nothing said');
      assert.equal(clockFor(undefined, of(now + offset), clock), 0, 'nothing known');
    }
  });
});
