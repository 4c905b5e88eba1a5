import assert from 'node:assert/strict';
import {
  claimsFingerprint,
  readableClaims,
  readClaimsRequest,
} from '../../../src/challenges/claimsRequest.ts';
import { missingClaim } from '../../../src/challenges/nextStep.ts';

const wanting = (member: string, claims: object): string => JSON.stringify({ [member]: claims });
const essential = (...values: string[]) => ({ essential: true, values });
const jwt = (payload: object): string => `x.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.y`;

describe('a claims request of a resource server', () => {
  it('is read as Entra sends it, and as it is', () => {
    const json = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    for (const text of [
      json,
      Buffer.from(json).toString('base64'),
      Buffer.from(json).toString('base64url'),
    ]) {
      assert.deepEqual(readClaimsRequest(text), { json });
    }
  });

  const c1 = wanting('access_token', { acrs: { essential: true, value: 'c1' } });
  const after = wanting('access_token', { nbf: { essential: true, value: '1604106651' } });
  const gold = wanting('id_token', { acr: essential('gold', 'silver') });
  const table: [
    what: string,
    request: string,
    token: object | undefined,
    idToken: object,
    missing: RegExp | undefined,
  ][] = [
    ['acrs in a list', c1, { acrs: ['c2', 'c1'] }, {}, undefined],
    ['acrs as one text', c1, { acrs: 'c1' }, {}, undefined],
    ['other acrs', c1, { acrs: ['c2'] }, {}, /“acrs” must be “c1”/],
    ['acrs that the token does not tell', c1, {}, {}, undefined],
    ['acrs in a token that cannot be read', c1, undefined, {}, undefined],
    ['a newer token', after, { nbf: 1604106651 }, {}, undefined],
    ['an older token', after, { nbf: 1604106650 }, {}, /“nbf” must be “1604106651”/],
    ['one of several values', gold, undefined, { acr: 'silver' }, undefined],
    ['none of several values', gold, undefined, { acr: 'bronze' }, /“gold” or “silver”/],
    ['no acr, which is essential', gold, undefined, {}, /“acr”/],
    ['a voluntary claim', wanting('access_token', { acrs: { value: 'c1' } }), { acrs: 'c2' }, {}, undefined],
    [
      'a claim of any value',
      wanting('access_token', { acrs: { essential: true } }),
      { acrs: 'x' },
      {},
      undefined,
    ],
    ['null', wanting('access_token', { acrs: null }), { acrs: 'x' }, {}, undefined],
    ['members that are no objects', '{"access_token":[],"id_token":"x"}', {}, {}, undefined],
  ];
  for (const [what, request, token, idToken, missing] of table) {
    it(`${missing ? 'lacks' : 'accepts'} ${what}`, () => {
      const found = missingClaim(
        request,
        token as Record<string, unknown> | undefined,
        idToken as Record<string, unknown>,
      );
      if (missing) assert.match(found?.('Company') ?? '', missing);
      else assert.equal(found, undefined);
    });
  }

  it('is the same whenever the token must have been issued, and another for another claim', () => {
    const later = wanting('access_token', { nbf: { essential: true, value: '1704106651' } });
    assert.deepEqual(claimsFingerprint(after), claimsFingerprint(later));
    assert.notDeepEqual(claimsFingerprint(after), claimsFingerprint(c1));
  });

  it('is checked in a token that is a JWT', () => {
    assert.deepEqual(readableClaims(jwt({ acrs: ['c1'] })), { acrs: ['c1'] });
    for (const other of [
      'opaque',
      'a.b',
      'a.b.c',
      'a.b.c.d.e',
      `x.${Buffer.from('[]').toString('base64url')}.y`,
    ]) {
      assert.equal(readableClaims(other), undefined, other);
    }
  });
});
