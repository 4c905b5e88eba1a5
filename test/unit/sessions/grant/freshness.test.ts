import assert from 'node:assert/strict';
import { backOff, expiryOf, refreshDueAt } from '../../../../src/sessions/grant/freshness.ts';
import { someTokens, start } from '../someGrant.ts';

describe('when tokens are refreshed', () => {
  const due = (lifetime: number, spread = 0) => {
    const at = refreshDueAt(someTokens(), start + lifetime, spread);
    return at === undefined ? undefined : at - start;
  };
  const table: [lifetime: number, dueAfter: number, why: string][] = [
    [3600, 3240, '90 % of the lifetime'],
    [600, 540, '90 %, which is just the minute before the end'],
    [300, 240, 'a minute before the end, which is earlier than 90 %'],
    [120, 60, 'a minute before the end, which is half of it'],
    [60, 30, 'half of the lifetime, never earlier'],
    [10, 5, 'half of the lifetime'],
    [0, 5, 'a token that ends at once: not without pause'],
  ];
  for (const [lifetime, after, why] of table) {
    it(`of ${lifetime} s: after ${after} s (${why})`, () => assert.equal(due(lifetime), after));
  }

  it('spreads by up to 5 % of the lifetime, never before half of it', () => {
    assert.equal(due(3600, 1), 3240 - 180);
    assert.equal(due(60, 1), 30);
  });

  it('never, if nobody knows when they end', () => {
    assert.equal(refreshDueAt(someTokens(), undefined, 0), undefined);
  });

  it('by an assumed lifetime, if the server gave none', () => {
    assert.equal(expiryOf(someTokens(1, { expiresAt: undefined }), 900), start + 900);
    assert.equal(expiryOf(someTokens(1, { expiresAt: undefined }), undefined), undefined);
    assert.equal(expiryOf(someTokens(), 900), start + 3600, 'what the server says comes first');
  });
});

describe('the wait after a failure', () => {
  it('doubles up to five minutes', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 100].map(failures => backOff(failures, 1, undefined)),
      [5, 10, 20, 40, 80, 160, 300, 300, 300],
    );
  });
  it('is shortened by up to half', () => assert.equal(backOff(4, 0, undefined), 20));
  it('is at least what the server asked for', () => assert.equal(backOff(1, 1, 120), 120));
});
