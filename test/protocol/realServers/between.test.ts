import assert from 'node:assert/strict';
import { failures, type FailureCode } from '../../../src/protocol/failures/failure.ts';
import type { Departure, Json } from '../../servers/hostile/departure.ts';
import { html, json, text, type Answer } from '../../servers/hostile/replies.ts';
import { answers, outcomeOf, type AskedAnswer } from './outcomes.ts';

const replying = ({ endpoint }: AskedAnswer, answer: Answer): Departure => ({
  replies: { [endpoint]: () => answer },
});

/** A sign-in does without these, or asks elsewhere: what is in between is logged. */
const dispensable: ReadonlySet<string> = new Set([
  'pushed authorization request',
  'UserInfo',
  'introspection',
]);

/** Who has a wrong address gets a page as well. */
const addresses: ReadonlySet<string> = new Set(['metadata', 'protected resource metadata', 'WebFinger']);

describe('something in between that answers', () => {
  for (const [name, asked] of Object.entries(answers)) {
    for (const [what, answer, code] of [
      ['a portal’s page with status 200', html(), 'intercepted'],
      [
        'a portal’s page that is said to be JSON',
        text('<!doctype html><title>Sign in</title>'),
        'intercepted',
      ],
      ['511 of a network', html(511), 'intercepted'],
    ] as const) {
      // Whoever polls goes on.
      if (name === 'device token') continue;
      it(`${what}, in place of ${name}`, async () => {
        const { outcome, log } = await outcomeOf(asked, replying(asked, answer));
        const found = (outcome as Json | null)?.['failed'] as FailureCode | undefined;
        if (found === undefined && dispensable.has(name))
          return assert.match(log, new RegExp(`failure=${code}`), 'the log says why it was done without');
        if (found === undefined) return assert.ok(addresses.has(name), 'nothing was told');
        if (addresses.has(name) && answer.status === 200) return assert.notEqual(found, 'issuer-mismatch');
        // Keys that cannot be read are no keys.
        if (name === 'keys' && answer.status === 200) return assert.equal(found, 'token-untrusted');
        assert.equal(found, code);
        assert.ok('passing' in failures[found], 'it is told as something that passes');
      });
    }
  }
});

describe('a server that refuses with the status of a success', () => {
  const errors = {
    invalid_request: 'invalid_request',
    invalid_client: 'invalid_client',
    invalid_grant: 'invalid_grant',
    invalid_scope: 'invalid_scope',
    unauthorized_client: 'unauthorized_client',
    access_denied: 'access_denied',
    // GitHub's own.
    bad_verification_code: 'invalid_grant',
    bad_refresh_token: 'invalid_grant',
    incorrect_client_credentials: 'invalid_client',
    device_flow_disabled: 'unauthorized_client',
  } as const;
  for (const [name, asked] of Object.entries(answers)) {
    if (!['token', 'device', 'pushed'].includes(asked.endpoint)) continue;
    for (const [error, standard] of Object.entries(errors)) {
      // It could end a sign-in, and may be somebody else's.
      if (name === 'refresh' && error === standard) continue;
      it(`${error}, in place of ${name}`, async () => {
        const words = 'In words of its own.';
        const usual = await outcomeOf(
          asked,
          replying(asked, json({ error: standard, error_description: words }, 400)),
        );
        for (const answer of [
          json({ error, error_description: words }),
          text(
            new URLSearchParams({ error, error_description: words }).toString(),
            'application/x-www-form-urlencoded',
          ),
        ]) {
          const found = await outcomeOf(asked, replying(asked, answer));
          assert.deepEqual(found.outcome, usual.outcome);
          assert.ok(found.blemishes.includes('form.error-status error'), found.blemishes.join());
        }
      });
    }

    if (name === 'refresh')
      it('not at a refresh, unless it is GitHub’s own: it could be somebody else', async () => {
        const { outcome } = await outcomeOf(asked, replying(asked, json({ error: 'invalid_grant' })));
        assert.equal((outcome as Json)['failed'], 'response-invalid');
      });

    it(`not with an error that nobody knows, in place of ${name}`, async () => {
      const { outcome } = await outcomeOf(asked, replying(asked, json({ error: 'maintenance' })));
      const { failed } = outcome as Json;
      assert.ok(failed === 'response-invalid' || asked.endpoint === 'pushed', String(failed));
    });
  }
});
