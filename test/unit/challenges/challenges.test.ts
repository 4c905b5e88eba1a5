import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ChallengeRefused,
  demandingProvider,
  fingerprintOf,
  readDemand,
  type Challenge,
  type Demand,
} from '../../../src/challenges/demand.ts';
import {
  nextStep,
  unmet,
  type EarlierAnswer,
  type Standing,
  type Step,
} from '../../../src/challenges/nextStep.ts';
import { someProvider, start } from '../sessions/someGrant.ts';

const bearer = (params: Record<string, string> = {}): Challenge => ({ scheme: 'Bearer', params });
const dpop = (params: Record<string, string> = {}): Challenge => ({ scheme: 'DPoP', params });
const demandOf = (params: Record<string, string>, fallbackScopes: string[] = ['openid']): Demand =>
  readDemand({ challenges: [bearer(params)], fallbackScopes });
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('what a challenge demands', () => {
  const claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';
  const read: [what: string, params: Record<string, string>, expected: Partial<Demand>][] = [
    ['nothing in particular', { realm: 'x' }, { kind: 'token', scopes: ['openid'] }],
    ['a new token', { error: 'invalid_token' }, { kind: 'new-token', scopes: ['openid'] }],
    ['the same by a name of its own', { error: 'token_expired' }, { kind: 'new-token' }],
    [
      'more scopes: those it had and those it lacks',
      { error: 'insufficient_scope', scope: 'api:read openid admin' },
      { kind: 'more-scopes', scopes: ['openid', 'api:read', 'admin'] },
    ],
    [
      'a stronger sign-in',
      { error: 'insufficient_user_authentication', acr_values: 'gold silver', max_age: '300' },
      { kind: 'stronger-sign-in', acrValues: ['gold', 'silver'], maxAge: 300 },
    ],
    [
      'claims in base64',
      { error: 'insufficient_claims', claims: base64(claims) },
      { kind: 'claims', claims },
    ],
    [
      'claims in base64url',
      { claims: Buffer.from('{"x":"ÿÿÿ?>"}').toString('base64url') },
      { kind: 'claims', claims: '{"x":"ÿÿÿ?>"}' },
    ],
    [
      'names in any case',
      { Error: 'insufficient_scope', SCOPE: 'a' },
      { kind: 'more-scopes', scopes: ['openid', 'a'] },
    ],
    [
      'with metadata of the resource (RFC 9728)',
      {
        error: 'invalid_token',
        resource_metadata: 'https://api.example.com/.well-known/oauth-protected-resource',
      },
      {
        kind: 'new-token',
        scopes: ['openid'],
        resourceMetadata: 'https://api.example.com/.well-known/oauth-protected-resource',
        request: undefined,
      },
    ],
  ];
  for (const [what, params, expected] of read) {
    it(what, () => assert.partialDeepStrictEqual(demandOf(params), expected));
  }

  it('takes the bearer challenge with an error out of several challenges', () => {
    const challenges = [
      { scheme: 'Negotiate', params: {} },
      bearer({ realm: 'a' }),
      { scheme: 'bearer', params: { error: 'insufficient_scope', scope: 'b' } },
      { scheme: 'Basic', params: { realm: 'c' } },
    ];
    assert.partialDeepStrictEqual(readDemand({ challenges }), { kind: 'more-scopes', scopes: ['b'] });
    const proving = [dpop({ algs: 'ES256' }), dpop({ error: 'insufficient_scope', scope: 'b' })];
    assert.partialDeepStrictEqual(readDemand({ challenges: proving }), {
      kind: 'more-scopes',
      scopes: ['b'],
    });
  });

  it('knows the refused token, if the caller says which it was', () => {
    const challenges = [
      bearer({ error: 'invalid_token' }),
      { scheme: 'Refused-Token', params: { sha256: 'abc' } },
    ];
    assert.equal(readDemand({ challenges }).refused, 'abc');
  });

  it('knows where the request went from the first who says so, and only with a proof', () => {
    const said = (params: Record<string, string>): Challenge => ({ scheme: 'Refused-Token', params });
    const ours = { sha256: 'abc', request: 'https://api.example.com/v1', proof: 'p' };
    const theirs = { sha256: 'def', request: 'https://evil.example.com/', proof: 'q' };
    const { request, refused } = readDemand({ challenges: [said(ours), bearer(), said(theirs)] });
    assert.deepEqual([request, refused], [{ address: ours.request, proof: 'p' }, 'abc']);
    assert.equal(
      readDemand({ challenges: [said({ request: theirs.request }), bearer()] }).request,
      undefined,
    );
    assert.equal(
      readDemand({ challenges: [said({ sha256: 'abc' }), said(theirs), bearer()] }).request,
      undefined,
    );
  });

  it('passes over an address of metadata that nobody would have', () => {
    const long = { resource_metadata: `https://api.example.com/${'a'.repeat(2000)}` };
    assert.equal(demandOf(long).resourceMetadata, undefined);
  });

  const refused: [what: string, challenges: readonly Challenge[], why: RegExp][] = [
    ['no challenge at all', [], /bearer token/],
    ['another scheme', [{ scheme: 'Basic', params: { realm: 'x' } }], /bearer token/],
    ['a request that is wrong itself', [bearer({ error: 'invalid_request' })], /invalid_request/],
    ['a refused proof', [dpop({ error: 'invalid_dpop_proof' })], /the proof with it \(invalid_dpop_proof\)/],
    ['the demand for a nonce', [dpop({ error: 'use_dpop_nonce' })], /the proof with it \(use_dpop_nonce\)/],
    ['a scope with a quotation mark', [bearer({ scope: 'a"b' })], /scope is malformed/],
    ['a scope with a control character', [bearer({ scope: 'a\u0000b' })], /scope is malformed/],
    ['a very long scope', [bearer({ scope: 'a'.repeat(257) })], /scope is malformed/],
    [
      'very many scopes',
      [bearer({ scope: Array.from({ length: 101 }, (_, i) => `s${i}`).join(' ') })],
      /too many/,
    ],
    [
      'a scope that names a resource',
      [bearer({ scope: 'resource:https://other.example' })],
      /names a resource/,
    ],
    ['a scope that names an audience', [bearer({ scope: 'audience:other' })], /names a resource/],
    ['an age that is no number', [bearer({ max_age: '-1' })], /max_age/],
    ['an age beyond all ages', [bearer({ max_age: '9'.repeat(400) })], /max_age/],
    ['claims that are no JSON', [bearer({ claims: base64('hello') })], /claims are malformed/],
    ['claims that are a list', [bearer({ claims: base64('[]') })], /claims are malformed/],
    [
      'claims that are no text',
      [bearer({ claims: Buffer.from([0xff, 0xfe]).toString('base64') })],
      /claims are malformed/,
    ],
    ['claims of a megabyte', [bearer({ claims: 'a'.repeat(1 << 20) })], /claims are too large/],
    ['a hundred challenges', Array.from({ length: 100 }, () => bearer()), /too many challenges/],
  ];
  for (const [what, challenges, why] of refused) {
    it(`refuses ${what}`, () =>
      assert.throws(
        () => readDemand({ challenges }),
        (error: unknown) => error instanceof ChallengeRefused && why.test(error.message),
      ));
  }

  it('is read or refused, whatever a server sends', () => {
    const names = fc.oneof(
      fc.constantFrom('error', 'scope', 'acr_values', 'max_age', 'claims', '__proto__', 'constructor'),
      fc.string(),
    );
    const challenge = fc.record({
      scheme: fc.oneof(fc.constantFrom('Bearer', 'bearer', 'Refused-Token'), fc.string()),
      params: fc.dictionary(names, fc.string()),
    });
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 25 }), challenges => {
        try {
          assert.equal(typeof fingerprintOf(readDemand({ challenges })), 'string');
        } catch (error) {
          assert.ok(error instanceof ChallengeRefused);
        }
      }),
    );
  });
});

describe('what is done about a demand', () => {
  const standing = (changes: Partial<Standing> = {}): Standing => ({
    grantedScopes: ['openid', 'profile'],
    claims: { acr: 'silver', auth_time: start - 60 },
    serial: 7,
    isRefused: undefined,
    ...changes,
  });
  const answered = (step: EarlierAnswer['step'], changes: Partial<EarlierAnswer> = {}): EarlierAnswer => ({
    step,
    serial: 7,
    at: start - 5,
    ...changes,
  });
  const any = demandOf({});
  const newToken = demandOf({ error: 'invalid_token' });
  const moreScopes = demandOf({ error: 'insufficient_scope', scope: 'admin' });
  const hasScopes = demandOf({ error: 'insufficient_scope', scope: 'profile' });
  const gold = demandOf({ error: 'insufficient_user_authentication', acr_values: 'gold' });
  const silver = demandOf({ error: 'insufficient_user_authentication', acr_values: 'gold silver' });
  const minute = demandOf({ error: 'insufficient_user_authentication', max_age: '120' });
  const now = demandOf({ error: 'insufficient_user_authentication', max_age: '0' });
  const entra = demandOf({ claims: base64('{"access_token":{}}') });

  const table: [what: string, Demand, Partial<Standing>, EarlierAnswer | undefined, Step][] = [
    ['no reason, first', any, {}, undefined, 'hand-out'],
    ['no reason, of this very token', any, { isRefused: true }, undefined, 'renew'],
    ['no reason, again', any, {}, answered('hand-out'), 'renew'],
    ['no reason, a third time', any, {}, answered('renew'), 'sign-in'],
    ['no reason, after a sign-in', any, {}, answered('sign-in'), 'give-up'],

    ['invalid_token, first', newToken, {}, undefined, 'renew'],
    ['invalid_token, of this very token', newToken, { isRefused: true }, undefined, 'renew'],
    ['invalid_token, of an older token', newToken, { isRefused: false }, undefined, 'hand-out'],
    [
      'invalid_token, of an older token, after a renewal',
      newToken,
      { isRefused: false },
      answered('renew'),
      'hand-out',
    ],
    ['invalid_token, again', newToken, {}, answered('renew'), 'sign-in'],
    ['invalid_token, again, of this very token', newToken, { isRefused: true }, answered('renew'), 'sign-in'],
    [
      'invalid_token, again at once: from the queue',
      newToken,
      {},
      answered('renew', { at: start - 0.1 }),
      'hand-out',
    ],
    [
      'invalid_token, again at once, of this very token',
      newToken,
      { isRefused: true },
      answered('renew', { at: start - 0.1 }),
      'sign-in',
    ],
    ['invalid_token, after a sign-in', newToken, {}, answered('sign-in'), 'give-up'],
    ['invalid_token, with other tokens since', newToken, {}, answered('sign-in', { serial: 6 }), 'renew'],
    [
      'invalid_token, the clock set back since a sign-in',
      newToken,
      {},
      answered('sign-in', { at: start + 3600 }),
      'renew',
    ],
    ['invalid_token, much later', newToken, {}, answered('sign-in', { at: start - 301 }), 'renew'],

    ['insufficient_scope, not granted', moreScopes, {}, undefined, 'sign-in'],
    ['insufficient_scope, not granted after a sign-in', moreScopes, {}, answered('sign-in'), 'give-up'],
    ['insufficient_scope, granted meanwhile', hasScopes, {}, undefined, 'hand-out'],
    ['insufficient_scope, granted, again', hasScopes, {}, answered('hand-out'), 'sign-in'],
    ['insufficient_scope, granted, of this very token', hasScopes, { isRefused: true }, undefined, 'sign-in'],
    ['insufficient_scope, granted, after a sign-in', hasScopes, {}, answered('sign-in'), 'give-up'],

    ['acr_values, not met', gold, {}, undefined, 'sign-in'],
    ['acr_values, met by the second', silver, {}, undefined, 'hand-out'],
    ['acr_values, met, of this very token', silver, { isRefused: true }, undefined, 'sign-in'],
    ['acr_values, after a sign-in', gold, {}, answered('sign-in'), 'give-up'],
    ['acr_values, no acr known', gold, { claims: {} }, undefined, 'sign-in'],
    ['max_age, met', minute, {}, undefined, 'hand-out'],
    ['max_age, not met', minute, { claims: { auth_time: start - 200 } }, undefined, 'sign-in'],
    [
      'max_age, met by the clock of the provider',
      minute,
      { claims: { auth_time: start - 7260 }, clockOffset: -7200 },
      undefined,
      'hand-out',
    ],
    [
      'max_age, not met by the clock of the provider',
      minute,
      { claims: { auth_time: start - 60 }, clockOffset: 7200 },
      undefined,
      'sign-in',
    ],
    ['max_age, no auth_time known', minute, { claims: {} }, undefined, 'sign-in'],
    [
      'max_age, not met after a sign-in',
      minute,
      { claims: { auth_time: start - 200 } },
      answered('sign-in'),
      'give-up',
    ],
    [
      'max_age, its time over since the sign-in',
      minute,
      { claims: { auth_time: start - 131 } },
      answered('sign-in', { at: start - 130 }),
      'sign-in',
    ],
    [
      'max_age 0, right after a sign-in',
      now,
      { claims: { auth_time: start } },
      answered('sign-in'),
      'give-up',
    ],
    ['max_age 0, for the next action', now, {}, answered('sign-in', { at: start - 31 }), 'sign-in'],

    ['claims, first', entra, {}, undefined, 'sign-in'],
    ['claims, of an older token', entra, { isRefused: false }, answered('sign-in'), 'hand-out'],
    ['claims, from the queue', entra, {}, answered('sign-in', { at: start - 0.1 }), 'hand-out'],
    ['claims, after a sign-in', entra, {}, answered('sign-in'), 'give-up'],
  ];
  for (const [what, demand, changes, earlier, step] of table) {
    it(`${what} → ${step}`, () => assert.equal(nextStep(demand, standing(changes), earlier, start), step));
  }

  it('always ends: no demand is answered for ever, if all it meets is refusal', () => {
    const demands = [any, newToken, moreScopes, hasScopes, gold, silver, minute, now, entra];
    for (const demand of demands) {
      for (const isRefused of [undefined, true]) {
        let { serial } = standing();
        let earlier: EarlierAnswer | undefined;
        const steps: Step[] = [];
        for (let time = start; steps.at(-1) !== 'give-up' && steps.length < 9; time++) {
          const claims = { acr: 'gold', auth_time: time };
          const step = nextStep(demand, standing({ serial, isRefused, claims }), earlier, time);
          steps.push(step);
          if (step === 'give-up') break;
          if (step !== 'hand-out') serial++;
          earlier = { step, serial, at: time };
        }
        assert.equal(steps.at(-1), 'give-up', `${demand.kind}: ${steps.join()}`);
        assert.deepEqual(new Set(steps).size, steps.length, 'no remedy is tried twice');
      }
    }
  });

  it('says what a sign-in lacks', () => {
    assert.equal(unmet(hasScopes, standing(), start), undefined);
    assert.match(unmet(moreScopes, standing(), start)?.('Company') ?? '', /didn’t grant admin/);
    assert.match(
      unmet(gold, standing(), start)?.('Company') ?? '',
      /class must be gold, but it’s another one/,
    );
    assert.match(
      unmet(gold, standing({ claims: {} }), start)?.('Company') ?? '',
      /class must be gold, but it’s missing/,
    );
    assert.match(
      unmet(minute, standing({ claims: { auth_time: start - 200 } }), start)?.('Company') ?? '',
      /120 seconds/,
    );
  });

  it('judges a sign-in by what the challenge names, whatever else the extension asks for', () => {
    const scopes = ['openid', 'profile', 'api:read', 'api:write'];
    fc.assert(
      fc.property(
        fc.subarray(scopes),
        fc.subarray(scopes),
        fc.subarray(scopes),
        (fallback, named, grantedScopes) => {
          const demand = demandOf({ error: 'insufficient_scope', scope: named.join(' ') }, fallback);
          const missing = named.filter(scope => !grantedScopes.includes(scope));
          const lack = unmet(demand, standing({ grantedScopes }), start)?.('Company');
          assert.equal(lack, missing.length > 0 ? `Company didn’t grant ${missing.join(' ')}.` : undefined);
        },
      ),
    );
  });
});

describe('the sign-in for a demand', () => {
  it('asks the provider for what the server wants, the stricter age of the two', () => {
    const demand = demandOf({
      error: 'insufficient_user_authentication',
      acr_values: 'gold silver',
      max_age: '300',
      claims: base64('{"id_token":{}}'),
    });
    const configured = {
      ...someProvider,
      maxAge: 60,
      authorizationParameters: { acr_values: 'bronze', ui: 'x' },
    };
    const provider = demandingProvider(configured, demand);
    assert.equal(provider.maxAge, 60);
    assert.deepEqual(provider.authorizationParameters, {
      acr_values: 'gold silver',
      claims: '{"id_token":{}}',
      ui: 'x',
    });
    assert.deepEqual(demandingProvider(someProvider, demandOf({})), someProvider);
  });
});
