import assert from 'node:assert/strict';
import { clockTolerance } from '../../../src/platform/clock.ts';
import {
  clockFor,
  clockOffset,
  farthestClock,
  retryAfterSeconds,
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

describe('Retry-After', () => {
  const after = (retryAfter: string, date?: number): number | undefined => {
    const headers = new Headers({ 'retry-after': retryAfter });
    if (date !== undefined) headers.set('date', new Date(date * 1000).toUTCString());
    return retryAfterSeconds(new Response('', { headers }), clock);
  };
  /** The forms of a time of day that HTTP has. */
  const forms: Readonly<Record<string, (time: Date) => string>> = {
    'IMF-fixdate': time => time.toUTCString(),
    'RFC 850': time => {
      const [day, month, year] = time.toUTCString().slice(5, 16).split(' ');
      const weekday = time.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });
      return `${weekday}, ${day}-${month}-${year?.slice(2)} ${time.toISOString().slice(11, 19)} GMT`;
    },
    asctime: time => {
      const [weekday, day, month, year, hour] = time.toUTCString().replace(',', '').split(' ');
      return `${weekday} ${month} ${day?.replace(/^0/, ' ')} ${hour} ${year}`;
    },
  };

  for (const [form, textOf] of Object.entries(forms))
    for (const offset of [0, 45, -45, 7200, -7200, farthestClock])
      it(`as ${form}, of a clock that is ${offset} s ahead, is how long to wait`, () => {
        const there = now + offset;
        const at = (seconds: number): string => textOf(new Date((there + seconds) * 1000));
        assert.equal(after(at(90), there), 90);
        assert.equal(after(at(86_400), there), 3600, 'an hour and no longer');
        assert.equal(after(at(-90), there), 0, 'over');
      });

  it('is judged by our clock where the server names none, or cannot be right', () => {
    const text = new Date((now + 90) * 1000).toUTCString();
    assert.equal(after(text), 90);
    assert.equal(after(text, now - farthestClock - 1), 90);
  });

  it('in seconds is what it says, and nothing else is taken for a time', () => {
    assert.equal(after(' 120 '), 120);
    assert.equal(after('0'), 0);
    assert.equal(after('999999999'), 3600);
    for (const text of ['soon', '-5', '1e3', '9999999999', 'Monday', 'Mon, soon GMT', '1.5'])
      assert.equal(after(text), undefined, text);
    assert.equal(retryAfterSeconds(new Response(''), clock), undefined);
  });
});
