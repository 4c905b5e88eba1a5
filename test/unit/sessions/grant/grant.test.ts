import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { secret } from '../../../../src/platform/secret.ts';
import type { Grant } from '../../../../src/sessions/grant/grant.ts';
import { parseGrant, serialiseGrant } from '../../../../src/sessions/store/storedGrant.ts';
import { someGrant, someTokens, start } from '../someGrant.ts';

interface Json {
  readonly version: unknown;
}

describe('a grant as text', () => {
  it('comes back as it was', () => {
    const { refreshToken, idToken, ...before } = someTokens();
    const grant = someGrant({
      refreshSentAt: start,
      signInNeeded: { reason: 'The server ended it.', since: start },
      asked: [{ demand: 'x', at: start, met: true }],
      tokens: { ...before, clockOffset: -7200, refreshToken, idToken },
    });
    const parsed = parseGrant(serialiseGrant(grant));
    assert.ok(parsed.kind === 'grant');
    assert.equal(parsed.grant.tokens.accessToken.reveal(), 'access-1');
    assert.equal(parsed.grant.tokens.clockOffset, -7200);
    assert.deepEqual(parsed.grant.asked, grant.asked);
    assert.equal(parsed.grant.tokens.refreshToken?.reveal(), 'refresh-1');
    assert.equal(serialiseGrant(parsed.grant), serialiseGrant(grant));
  });

  it('comes back with all that it can have', () => {
    const { binding } = someGrant();
    const since = start - 10;
    const token = {
      kind: 'token',
      scopes: ['email'],
      serial: 2,
      receivedAt: start,
      expiresAt: start,
    } as const;
    const service = { way: 'impersonation', field: 'subject', value: 'alice' } as const;
    for (const changes of [
      { binding: { ...binding, terms: 'agreed', redirectUri: 'vscode://x', service } },
      { binding: { ...binding, endpoints: { token_endpoint: binding.tokenEndpoint } } },
      { target: ['resource:https://a.example/'], resources: ['https://a.example/'] },
      { claims: { email: 'alice@example.com' }, sessions: [['openid'], ['email']] },
      { derived: [{ ...token, accessToken: secret('derived') }] },
      { derived: [{ kind: 'refused', scopes: ['email'], since, reason: 'No.' }] },
      { registeredClient: { method: 'client_secret_post', secret: secret('registered') } },
      { proofKey: { binds: 'required', secret: secret('private') } },
      { proofKey: { binds: 'refresh-token', secret: secret('') } },
      { refreshSentAt: since, refreshResentAt: start },
      { signInNeeded: { since, reason: 'No.', tentative: true } },
      { signInNeeded: { since, reason: 'No.', accountRefused: true } },
      { asked: [{ demand: 'x', at: start, met: true }] },
    ] satisfies Partial<Grant>[]) {
      const grant = someGrant(changes);
      const parsed = parseGrant(serialiseGrant(grant));
      assert.ok(parsed.kind === 'grant');
      const members = (one: Grant): unknown => JSON.parse(JSON.stringify(one));
      assert.deepEqual(members(parsed.grant), members(grant));
      // Only here a secret is seen.
      const stored = (one: Grant): unknown => JSON.parse(serialiseGrant(one));
      assert.deepEqual(stored(parsed.grant), stored(grant));
    }
  });

  it('is of another version if it has a key, which earlier versions of the extension would not use', () => {
    const versionOf = (grant: Grant): unknown => (JSON.parse(serialiseGrant(grant)) as Grant & Json).version;
    const proofKey = { binds: 'required', secret: secret('private') } as const;
    assert.deepEqual([versionOf(someGrant()), versionOf(someGrant({ proofKey }))], [1, 2]);
  });

  it('that a later version wrote is told from garbage', () => {
    const later = JSON.stringify({ ...(JSON.parse(serialiseGrant(someGrant())) as object), version: 3 });
    assert.deepEqual(parseGrant(later), { kind: 'newer', version: 3 });
  });

  for (const garbage of ['', 'null', '[]', '{', '"text"', '{"version":1}', '{"version":"2"}', '\u0000']) {
    it(`that is ${JSON.stringify(garbage)} is garbage`, () => {
      assert.deepEqual(parseGrant(garbage), { kind: 'garbage' });
    });
  }

  const tokens = (changes: object) => ({ ...someTokens(), accessToken: 'a', ...changes });
  for (const [what, changes, isGrant] of [
    ['an ID of 7 characters', { id: 'x'.repeat(7) }, false],
    ['an ID of 8 characters', { id: 'x'.repeat(8) }, true],
    ['an ID of 64 characters', { id: 'x'.repeat(64) }, true],
    ['an ID of 65 characters', { id: 'x'.repeat(65) }, false],
    ['a revision below 0', { revision: -1 }, false],
    ['half a revision', { revision: 1.5 }, false],
    ['a revision that can be counted on from', { revision: 2 ** 52 }, true],
    ['a revision that can’t', { revision: 2 ** 53 }, false],
    ['no session', { sessions: [] }, false],
    ['the first tokens', { tokens: tokens({ serial: 1 }) }, true],
    ['tokens before the first', { tokens: tokens({ serial: 0 }) }, false],
    ['an empty access token', { tokens: tokens({ accessToken: '' }) }, false],
    ['a time without end', { tokens: tokens({ receivedAt: 'FOREVER' }) }, false],
  ] as const) {
    it(`with ${what} is ${isGrant ? 'a grant' : 'garbage'}`, () => {
      const stored = { ...(JSON.parse(serialiseGrant(someGrant())) as object), ...changes };
      const { kind } = parseGrant(JSON.stringify(stored).replace('"FOREVER"', '1e999'));
      assert.equal(kind, isGrant ? 'grant' : 'garbage');
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
