import assert from 'node:assert/strict';
import { secret } from '../../../../src/platform/secret.ts';
import {
  backOff,
  doubtUntil,
  fateOf,
  mayTry,
  silentSenderUntil,
  type Fate,
  type TokenPolicy,
} from '../../../../src/sessions/grant/fate.ts';
import { blank, type Memory } from '../../../../src/sessions/grant/memory.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { someGrant, someTokens, start } from '../someGrant.ts';
import { derived, plain, requestAt, trouble } from './fateStates.ts';

const ids = Array.from({ length: 200 }, (_, at) => `grant-${at}`);
const [first = ''] = ids;

const lasting = (lifetime: number | undefined, id = first, changes: Partial<Grant> = {}): Grant =>
  someGrant({
    id,
    tokens: someTokens(1, { expiresAt: lifetime === undefined ? undefined : start + lifetime }),
    ...changes,
  });

const fateAt = (seconds: number, grant: Grant, policy: TokenPolicy = plain, memory: Memory = blank): Fate =>
  fateOf(grant, policy, { ...memory, serial: 1 }, start + seconds);

const dueIn = (grant: Grant, policy: TokenPolicy = plain): number | undefined => {
  const { nextAt } = fateAt(0, grant, policy);
  return nextAt === undefined ? undefined : nextAt - start;
};

const endsPair: TokenPolicy = { ...plain, refreshEndsAccessToken: true };

describe('tokens are refreshed', () => {
  const table: [lifetime: number, least: number, most: number, why: string][] = [
    [3600, 3060, 3240, 'when 90 % of the lifetime is over, less up to 5 %'],
    [600, 510, 540, '90 %, which is just the minute before the end'],
    [300, 225, 240, 'a minute before the end, which is earlier than 90 %'],
    [120, 60, 60, 'a minute before the end, which is half of it'],
    [60, 30, 30, 'half of the lifetime, never earlier'],
    [10, 5, 5, 'half of the lifetime'],
    [0, 5, 5, 'a token that ends at once: not without pause'],
  ];
  for (const [lifetime, least, most, why] of table) {
    it(`of ${lifetime} s: after ${least} s to ${most} s (${why})`, () => {
      const times = ids.map(id => dueIn(lasting(lifetime, id)) ?? NaN);
      const span = most - least;
      assert.ok(
        Math.min(...times) >= least && Math.min(...times) <= least + span / 5,
        String(Math.min(...times)),
      );
      assert.ok(
        Math.max(...times) <= most && Math.max(...times) >= most - span / 5,
        String(Math.max(...times)),
      );
    });
  }

  for (const [lifetime, after] of [
    [7200, 7140],
    [28_800, 28_740],
    [90, 45],
  ] as const) {
    it(`of ${lifetime} s: after ${after} s, where a refresh ends the access token`, () =>
      assert.equal(dueIn(lasting(lifetime), endsPair), after));
  }

  it('never, if nobody knows when they end; by an assumed lifetime, if there is one', () => {
    assert.equal(dueIn(lasting(undefined)), undefined);
    const assumed = { ...endsPair, assumedTokenLifetime: 900 };
    assert.equal(dueIn(lasting(undefined), assumed), 840);
    assert.equal(dueIn(lasting(3600), assumed), 3540, 'what the server says comes first');
  });

  it('never, if there is nothing to do it with, or nobody configured', () => {
    const { tokens, ...grant } = lasting(3600);
    assert.equal(dueIn({ ...grant, tokens: { ...tokens, refreshToken: undefined } }), undefined);
    assert.equal(fateOf(lasting(3600), undefined, blank, start).nextAt, undefined);
  });

  it('not beside a request that is open, whatever that is for', () => {
    for (const which of [undefined, derived])
      for (const stage of ['listening', 'noted', 'sent', 'rotated'] as const) {
        const memory = { ...blank, request: requestAt(stage, false, which) };
        const { kind, nextAt } = fateAt(3500, lasting(3600), plain, memory);
        assert.deepEqual([kind, nextAt], ['sending', undefined], `${stage} ${String(which)}`);
      }
  });

  it('not beside a request that is open though the tokens were replaced meanwhile', () => {
    const memory: Memory = { ...blank, serial: 1, request: requestAt('sent', false), trouble: trouble() };
    const replaced = someGrant({ tokens: someTokens(2, { receivedAt: start, expiresAt: start + 60 }) });
    const { kind, nextAt } = fateOf(replaced, plain, memory, start + 59);
    assert.deepEqual([kind, nextAt], ['sending', undefined]);
  });

  it('at another time when there are others', () => {
    const times = [1, 2, 3, 4, 5].map(
      number => fateOf(someGrant({ id: `${number}-grant-0001` }), plain, blank, start).nextAt,
    );
    assert.equal(new Set(times).size, times.length);
  });

  it('when they are due, and not a second before', () => {
    const grant = lasting(3600);
    const due = dueIn(grant) ?? NaN;
    const kinds = [due - 1, due, 3599, 3600].map(seconds => fateAt(seconds, grant).kind);
    assert.deepEqual(kinds, ['valid', 'due', 'due', 'ended']);
  });
});

describe('a token that came later than now, as the clock was set back since', () => {
  const at = (seconds: number, policy?: TokenPolicy): Fate => fateAt(seconds, lasting(3600), policy);

  it('is due, and whoever asks waits for a new one; it is better than none', () => {
    const { kind, nextAt, works, answers } = at(-61);
    assert.deepEqual(
      { kind, nextAt, works, answers },
      { kind: 'due', nextAt: 0, works: true, answers: false },
    );
  });

  it('is believed within the minute that clocks differ by', () => {
    const { kind, answers } = at(-60);
    assert.deepEqual({ kind, answers }, { kind: 'valid', answers: true });
  });

  it('is left alone if it never ends', () =>
    assert.equal(fateAt(-7200, lasting(undefined)).nextAt, undefined));
});

describe('the wait after a failure', () => {
  it('doubles up to five minutes, less up to half of it', () => {
    const ceilings = [5, 10, 20, 40, 80, 160, 300, 300, 300];
    for (const id of ids) {
      ceilings.forEach((ceiling, at) => {
        const wait = backOff(id, at + 1, undefined);
        assert.ok(wait >= ceiling / 2 && wait <= ceiling, `${wait} of ${ceiling}`);
      });
    }
    const waits = ids.map(id => backOff(id, 1, undefined));
    assert.ok(Math.max(...waits) - Math.min(...waits) > 2, 'not all at once');
  });

  it('is at least what the server asked for', () => assert.equal(backOff(first, 1, 120), 120));
});

describe('somebody who asks', () => {
  const now = start + 100;
  const grant = lasting(3600);
  const works = fateOf(grant, plain, blank, now);
  const ended = fateOf(lasting(50), plain, blank, now);
  const failing = (changes: Parameters<typeof trouble>[0]): Memory => ({
    ...blank,
    serial: 1,
    trouble: trouble({ failedAt: now - 3, retryAt: now + 200, notBefore: now - 3, ...changes }),
  });
  const tries = (memory: Memory, fate: Fate, at = now): boolean => mayTry(grant, memory, fate, at, undefined);

  it('waits for the time to try again, while the access token works', () => {
    assert.equal(tries(failing({}), works, now + 199), false);
    assert.equal(tries(failing({}), works, now + 200), true);
  });

  it('causes a request while none works, but not two in five seconds', () => {
    assert.equal(tries(failing({}), ended, now + 1), false);
    assert.equal(tries(failing({}), ended, now + 2), true);
    assert.equal(tries(failing({ retryAt: now - 1 }), ended), true, 'nor later than that would be by itself');
  });

  it('gets a token that ended as it came replaced, unless that was just now', () => {
    const atOnce = someGrant({ tokens: someTokens(2, { expiresAt: start }) });
    const may = (at: number): boolean =>
      mayTry(atOnce, blank, fateOf(atOnce, plain, blank, at), at, undefined);
    assert.deepEqual([start - 7200, start, start + 1].map(may), [true, false, true]);
  });

  it('causes none before the time that the server asked for', () => {
    const asked = failing({ notBefore: now + 60 });
    assert.equal(tries(asked, ended, now + 59), false);
    assert.equal(tries(asked, ended, now + 60), true);
  });

  it('causes one if the clock was set back since', () => {
    assert.equal(tries(failing({}), works, now - 1000), true);
  });

  it('causes none for a new token that ends within the second that it came', () => {
    const over = (serial: number): Grant =>
      someGrant({ tokens: someTokens(serial, { receivedAt: now, expiresAt: now }) });
    assert.equal(mayTry(over(1), blank, ended, now, undefined), true, 'the first one is of the sign-in');
    assert.equal(mayTry(over(2), blank, ended, now, undefined), false);
    assert.equal(mayTry(over(2), blank, ended, now + 1, undefined), true);
    const entry = { kind: 'token', scopes: derived, serial: 1, accessToken: secret('x') } as const;
    const narrow = someGrant({ derived: [{ ...entry, receivedAt: now, expiresAt: now }] });
    assert.equal(mayTry(narrow, blank, ended, now, derived), false);
  });
});

describe('a refresh token that may be spent', () => {
  const sent = (seconds: number, changes: Partial<Grant> = {}): Grant =>
    lasting(3600, first, { refreshSentAt: start + seconds, ...changes });
  const heldFor = (grant: Grant, policy: TokenPolicy, at: number): number =>
    Math.max(0, doubtUntil(grant, policy, start + at) - start);

  it('is not sent again while the access token works', () => {
    assert.equal(heldFor(sent(100), plain, 200), 3595);
    assert.equal(heldFor(lasting(3600), plain, 200), 0);
    const endless = lasting(undefined, first, { refreshSentAt: start });
    assert.equal(doubtUntil(endless, plain, start), Infinity);
    assert.equal(fateOf(endless, plain, blank, start + 1e6).nextAt, undefined);
  });

  it('is in doubt until so little of the access token is left that an API may refuse it', () => {
    assert.deepEqual(
      [101, 3594, 3595, 3600].map(at => fateAt(at, sent(100)).kind),
      ['in-doubt', 'in-doubt', 'due', 'ended'],
    );
  });

  it('is sent again within the time that the server forgives', () => {
    const policy = { ...plain, rotationGrace: 30 };
    assert.deepEqual(
      [99, 100, 129, 130].map(at => heldFor(sent(100), policy, at)),
      [3595, 0, 0, 3595],
    );
  });

  it('is held for half a minute, where nothing is left to lose', () => {
    assert.equal(heldFor(sent(100), endsPair, 101), 130);
    assert.equal(heldFor(sent(100, { refreshResentAt: start + 120 }), endsPair, 121), 150);
    assert.equal(heldFor(sent(3590), endsPair, 3591), 3595);
  });

  it('is held twice as long as the provider has to answer', () => {
    for (const requestTimeout of [5, 60]) {
      assert.equal(heldFor(sent(100), { ...endsPair, requestTimeout }, 101), 100 + 2 * requestTimeout);
      assert.equal(
        silentSenderUntil(sent(100), { ...plain, requestTimeout }, start + 101),
        start + 100 + 2 * requestTimeout,
      );
    }
  });

  it('is waited for that long if a window fell silent, and no longer', () => {
    const until = (grant: Grant, at: number, policy = plain): number => {
      const found = silentSenderUntil(grant, policy, start + at);
      return found === 0 ? 0 : found - start;
    };
    assert.deepEqual(
      [99, 100, 129, 130].map(at => until(sent(100), at)),
      [0, 130, 130, 0],
    );
    assert.equal(until(sent(100, { refreshResentAt: start + 500 }), 510), 530);
    assert.equal(until(sent(100), 110, { ...plain, rotationGrace: 60 }), 0);
    assert.equal(until(lasting(3600), 110), 0);
  });
});

it('after a failure, nothing is done before the next try, and that is when it is', () => {
  const memory: Memory = { ...blank, serial: 1, trouble: trouble({ retryAt: start + 4000 }) };
  for (const seconds of [3545, 3700])
    assert.equal(fateAt(seconds, lasting(3600), plain, memory).nextAt, start + 4000);
});

describe('whoever asks', () => {
  const due = 3545;
  const sent = { refreshSentAt: start + due };
  const answersAt = (changes: Partial<Grant>, policy: TokenPolicy): boolean =>
    fateAt(due + 1, lasting(3600, first, changes), policy).answers;

  it('gets the current token at once, while it works', () => {
    assert.equal(answersAt({}, plain), true);
    assert.equal(answersAt(sent, plain), true);
  });

  it('waits for the refresh, where that ends the current one', () => {
    assert.equal(fateAt(3539, lasting(3600), endsPair).answers, true);
    assert.equal(answersAt({}, endsPair), false, 'it is due');
    assert.equal(fateAt(60, lasting(3600, first, { refreshSentAt: start + 60 }), endsPair).answers, false);
  });

  it('gets the current token after a refusal, unless the server has ended both', () => {
    const signInNeeded = { reason: 'The server said no.', since: start };
    const refused = (policy: TokenPolicy, more = {}): Fate =>
      fateAt(60, lasting(3600, first, { signInNeeded: { ...signInNeeded, ...more } }), policy);
    assert.deepEqual([refused(plain).works, refused(plain).answers], [true, true]);
    assert.deepEqual([refused(endsPair).works, refused(endsPair).answers], [false, false]);
    assert.equal(refused(endsPair, { tentative: true }).works, true, 'that was not the server');
    assert.equal(refused(endsPair).kind, 'needs-sign-in');
  });
});
