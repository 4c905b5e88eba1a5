import assert from 'node:assert/strict';
import fc from 'fast-check';
import { secret } from '../../../../src/platform/secret.ts';
import { grantedAfterRefresh, grantedScopes, type Evidence } from '../../../../src/sessions/grant/granted.ts';
import { derivedFrom } from '../../../../src/sessions/grant/outcome.ts';
import { someGrant, someTokens, start } from '../someGrant.ts';

const claimScopes = ['profile', 'email', 'address', 'phone'];
const ofOpenId = ['openid', ...claimScopes];
const apiScopes = ['api:read', 'api:write', 'User.Read'];
const everything = [...ofOpenId, 'offline_access', ...apiScopes];

/** What a sign-in asked for, which of it the server names, and what else came with the token. */
const answers = fc
  .record({
    asked: fc.subarray(everything),
    hasIdToken: fc.boolean(),
    hasRefreshToken: fc.boolean(),
    claims: fc
      .subarray(['preferred_username', 'email', 'address', 'phone_number'])
      .map(names => Object.fromEntries(names.map(name => [name, 'x']))),
  })
  .chain(evidence => fc.record({ evidence: fc.constant(evidence), named: fc.subarray(evidence.asked) }));

const holds = (judge: (named: readonly string[], evidence: Evidence, granted: readonly string[]) => void) =>
  fc.assert(
    fc.property(answers, ({ named, evidence }) => judge(named, evidence, grantedScopes(named, evidence))),
    { numRuns: 2000 },
  );

describe('what was granted, by whichever of the scopes a server names', () => {
  it('is all that was asked for, if it names none', () =>
    fc.assert(
      fc.property(answers, ({ evidence }) =>
        assert.deepEqual(grantedScopes(undefined, evidence), evidence.asked),
      ),
    ));

  it('is what it names of an API, no more and no less', () =>
    holds((named, { asked }, granted) => {
      for (const scope of apiScopes) assert.equal(granted.includes(scope), named.includes(scope));
      for (const scope of granted) assert.ok(asked.includes(scope));
      for (const scope of named) assert.ok(granted.includes(scope));
    }));

  it('is openid where there is an ID token, and offline_access where there is a refresh token', () =>
    holds((named, { asked, hasIdToken, hasRefreshToken }, granted) => {
      const expected = (scope: string, shown: boolean): boolean =>
        named.includes(scope) || (asked.includes(scope) && shown);
      assert.equal(granted.includes('openid'), expected('openid', hasIdToken));
      assert.equal(granted.includes('offline_access'), expected('offline_access', hasRefreshToken));
    }));

  it('is every scope for claims, if the list is only about the access token', () =>
    holds((named, { asked, hasIdToken }, granted) => {
      if (!hasIdToken || named.some(scope => ofOpenId.includes(scope))) return;
      for (const scope of claimScopes) assert.equal(granted.includes(scope), asked.includes(scope));
    }));

  it('is none that a list of them leaves out, unless its claims came', () =>
    holds((named, { asked, hasIdToken, claims }, granted) => {
      if (!named.includes('openid')) return;
      const shown = {
        profile: 'preferred_username',
        email: 'email',
        address: 'address',
        phone: 'phone_number',
      };
      for (const [scope, claim] of Object.entries(shown)) {
        const isShown = hasIdToken && claims[claim] !== undefined && asked.includes(scope);
        assert.equal(granted.includes(scope), named.includes(scope) || isShown);
      }
    }));

  const tokensOf = (named: readonly string[] | undefined) => ({
    accessToken: secret('access-2'),
    refreshToken: undefined,
    idToken: undefined,
    idTokenClaims: undefined,
    receivedAt: start,
    expiresAt: start + 3600,
    grantedScopes: named,
  });
  const grantOf = (named: readonly string[], { asked, hasIdToken, hasRefreshToken, claims }: Evidence) =>
    someGrant({
      claims,
      grantedScopes: named,
      sessions: [asked],
      tokens: someTokens(1, {
        idToken: hasIdToken ? secret('id') : undefined,
        refreshToken: hasRefreshToken ? secret('refresh-1') : undefined,
      }),
    });

  it('stays the same with a refresh that names the same, and is found again where it was lost', () =>
    holds((named, evidence, granted) => {
      const sorted = [...granted].sort();
      for (const before of [granted, named]) {
        assert.deepEqual([...grantedAfterRefresh(grantOf(before, evidence), tokensOf(named))].sort(), sorted);
      }
      assert.deepEqual(grantedAfterRefresh(grantOf(granted, evidence), tokensOf(undefined)), granted);
    }));

  it('does not speak against a derived token for an API', () =>
    holds((named, evidence) => {
      const { asked } = evidence;
      const { kind } = derivedFrom(
        grantOf(asked, evidence),
        [...asked, 'resource:https://b'],
        tokensOf(named),
        false,
      );
      const isWhole = asked.every(scope => grantedScopes(named, evidence).includes(scope));
      assert.equal(kind, isWhole ? 'token' : 'refused');
    }));
});
