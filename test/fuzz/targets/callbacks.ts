import assert from 'node:assert/strict';
import fc from 'fast-check';
import { secret } from '../../../src/platform/secret.ts';
import { checkAuthorizationResponse } from '../../../src/protocol/grants/authorizationResponse.ts';
import { readPasted } from '../../../src/signIn/methods/pastedResponse.ts';
import { createPendingResponses } from '../../../src/signIn/redirect/pendingResponses.ts';
import { damaged, nastyText } from '../arbitraries.ts';
import { resultOf, target, type Target } from '../target.ts';
import { authorizationRequest, connectionTo, issuer, redirectUri, state } from '../provider.ts';

const parameter = fc.oneof(
  fc.constantFrom(`state=${state}`, 'code=abc', `iss=${encodeURIComponent(issuer)}`, 'error=access_denied'),
  fc
    .tuple(
      fc.constantFrom('state', 'code', 'iss', 'error', 'error_description', 'response', 'id_token', 'relay'),
      nastyText,
    )
    .map(([name, value]) => `${name}=${value}`),
  nastyText,
);
const query = damaged(fc.array(parameter, { maxLength: 8 }).map(parts => parts.join('&')));
const path = fc.oneof(
  { weight: 4, arbitrary: fc.constant('/callback') },
  { weight: 1, arbitrary: nastyText },
);

export const callbackTargets: readonly Target[] = [
  target('callback', fc.record({ path, query }), async input => {
    const pending = createPendingResponses();
    const waiting = pending.expect(secret(state), '/callback');
    const delivered = pending.deliver(input.path, new URLSearchParams(input.query));
    if (!delivered) {
      // What was not meant for it has left the sign-in as it was.
      assert.ok(pending.deliver('/callback', new URLSearchParams({ state, code: 'right' })));
      assert.equal((await waiting.response).get('code'), 'right');
      return;
    }
    const response = await waiting.response;
    assert.equal(input.path, '/callback');
    assert.deepEqual(response.getAll('state'), [state]);
    assert.equal(pending.deliver('/callback', new URLSearchParams({ state, code: 'again' })), false);
    const connection = await connectionTo({});
    const checked = await resultOf(() =>
      checkAuthorizationResponse(connection, authorizationRequest, response),
    );
    if (!checked) return;
    assert.deepEqual(checked.getAll('iss'), [issuer]);
    assert.equal(checked.getAll('code').length, 1);
    assert.equal(checked.has('error'), false);
  }),

  target(
    'pasted address',
    damaged(
      fc.oneof(
        query.map(text => `https://a.example/?${text}`),
        query.map(text => `${redirectUri}?${text}`),
        query,
        nastyText,
      ),
    ),
    text => {
      for (const takesBareCode of [true, false]) {
        const pasted = readPasted(text, { state: secret(state), issuer, redirectUri, takesBareCode });
        if (pasted.kind === 'response') {
          assert.deepEqual(pasted.parameters.getAll('state'), [state]);
          const isOwn = text.trim().startsWith(redirectUri) || pasted.parameters.has('iss');
          assert.ok(isOwn, 'of this redirect URI, or by name');
        } else assert.ok(pasted.problem.length < 200 && !pasted.problem.includes(state));
      }
    },
  ),
];
