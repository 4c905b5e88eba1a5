import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ChallengeRefused, fingerprintOf, readDemand } from '../../../src/challenges/demand.ts';
import { nextStep } from '../../../src/challenges/nextStep.ts';
import { challengeOf, scopesOf } from '../../../src/client/challenge.ts';
import { changed, damaged, nastyText } from '../arbitraries.ts';
import { target, type Target } from '../target.ts';

const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

const header = damaged(
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'Bearer',
          'Bearer realm="a, b"',
          'error="insufficient_scope"',
          'scope="a b"',
          'scope=a',
          'scope="a\\b  c"',
          `scope=${'x'.repeat(300)}`,
          `scope="${'a '.repeat(500)}"`,
          'Basic realm="x"',
          'DPoP algs="ES256"',
          'max_age=60',
          ','.repeat(8000),
          ' '.repeat(8000),
        ),
        nastyText,
      ),
      { maxLength: 6 },
    )
    .map(parts => parts.join(', ')),
);

const parameters = changed({
  realm: 'x',
  error: 'insufficient_user_authentication',
  scope: 'read write',
  acr_values: 'gold',
  max_age: '60',
  claims: 'eyJhIjoxfQ==',
  resource_metadata: 'https://api.example.com/.well-known/oauth-protected-resource',
  request: 'https://api.example.com/v1',
  proof: 'abc',
}).map(values =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ),
);

export const challengeTargets: readonly Target[] = [
  target('challenge, as sent', fc.record({ status: fc.constantFrom(401, 403), header }), input => {
    const headers = new Headers();
    // What cannot be a header never arrives as one.
    if (/^[\x20-\x7E]*$/.test(input.header)) headers.set('www-authenticate', input.header);
    const challenge = challengeOf(new Response(null, { status: input.status, headers }));
    if (challenge === undefined) return;
    assert.match(challenge, /bearer|dpop/i);
    assert.ok(challenge.length <= 16_384);
    const scopes = scopesOf(challenge);
    assert.ok(scopes.length <= 100);
    for (const scope of scopes) assert.match(scope, scopeToken);
  }),

  target(
    'challenge, as parsed',
    fc.record({
      challenges: fc.array(
        fc.record({
          scheme: fc.oneof(fc.constantFrom('Bearer', 'bearer', 'DPoP', 'Refused-Token', 'Basic'), nastyText),
          params: parameters,
        }),
        { maxLength: 25 },
      ),
    }),
    constraint => {
      try {
        const demand = readDemand(constraint);
        for (const word of [...demand.scopes, ...demand.acrValues]) assert.match(word, scopeToken);
        assert.ok(demand.maxAge === undefined || Number.isSafeInteger(demand.maxAge));
        if (demand.claims !== undefined) assert.equal(typeof JSON.parse(demand.claims), 'object');
        assert.ok(fingerprintOf(demand).length < 64_000);
        const standing = { grantedScopes: ['read'], claims: {}, serial: 1, isRefused: undefined };
        assert.match(nextStep(demand, standing, undefined, 0), /^(hand-out|renew|sign-in)$/);
      } catch (error) {
        assert.ok(error instanceof ChallengeRefused, String(error));
        assert.ok(error.message.length < 300);
      }
    },
  ),
];
