import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { parseGrant, serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import { someGrant, someTokens, start } from '../someGrant.ts';

describe('a grant as text', () => {
  it('comes back as it was', () => {
    const grant = someGrant({
      refreshSentAt: start,
      signInNeeded: { reason: 'The server ended it.', since: start },
      asked: [{ demand: 'x', at: start, met: true }],
      tokens: { ...someTokens(), clockOffset: -7200 },
    });
    const parsed = parseGrant(serialiseGrant(grant));
    assert.ok(parsed.kind === 'grant');
    assert.equal(parsed.grant.tokens.accessToken.reveal(), 'access-1');
    assert.equal(parsed.grant.tokens.clockOffset, -7200);
    assert.deepEqual(parsed.grant.asked, grant.asked);
    assert.equal(parsed.grant.tokens.refreshToken?.reveal(), 'refresh-1');
    assert.equal(serialiseGrant(parsed.grant), serialiseGrant(grant));
  });

  it('that a later version wrote is told from garbage', () => {
    const later = JSON.stringify({ ...(JSON.parse(serialiseGrant(someGrant())) as object), version: 2 });
    assert.deepEqual(parseGrant(later), { kind: 'newer', version: 2 });
  });

  for (const garbage of ['', 'null', '[]', '{', '"text"', '{"version":1}', '{"version":"2"}', '\u0000']) {
    it(`that is ${JSON.stringify(garbage)} is garbage`, () => {
      assert.deepEqual(parseGrant(garbage), { kind: 'garbage' });
    });
  }

  it('is the only form that shows a secret', () => {
    const grant = someGrant();
    for (const text of [
      JSON.stringify(grant),
      inspect(grant, { depth: 9 }),
      `${grant.tokens.accessToken.toString()}`,
    ]) {
      assert.ok(!text.includes('access-1') && !text.includes('refresh-1'), text);
    }
    assert.match(inspect(grant.tokens.accessToken), /\[redacted\]/);
  });
});
