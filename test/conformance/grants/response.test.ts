import assert from 'node:assert/strict';
import type { Departure } from '../../servers/hostile/departure.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { conforms } from '../table.ts';
import { signInCase, type SignInCase } from '../signInCase.ts';
import { assertFailure, failureOf, signIn, visit, withTrial } from '../trial.ts';

const responding = (change: (response: URLSearchParams) => void): Departure => ({ authorize: change });
const setting = (changes: Record<string, string>): Departure =>
  responding(response => {
    for (const [name, value] of Object.entries(changes)) response.set(name, value);
  });
const failing = (changes: Record<string, string>): Departure =>
  responding(response => {
    response.delete('code');
    for (const [name, value] of Object.entries(changes)) response.set(name, value);
  });

/** No code left for the token endpoint. */
const notExchanged: SignInCase['also'] = ({ server }) => assert.equal(server.requestsTo('token').length, 0);

const cases: SignInCase[] = [
  {
    row: 'fapi2: authorization response iss',
    variant: 'wrong',
    departure: setting({ iss: 'https://evil.example' }),
    must: ['response-foreign', /came from “https:\/\/evil\.example”/],
  },
  {
    row: 'fapi2: authorization response iss',
    variant: 'with a slash at its end',
    departure: responding(response => response.set('iss', `${response.get('iss')}/`)),
    must: ['response-foreign', /so it was rejected/],
  },
  {
    row: 'fapi2: authorization response iss',
    variant: 'removed',
    departure: responding(response => response.delete('iss')),
    must: ['response-foreign', /didn’t identify itself/],
  },
  {
    row: 'fapi2: authorization response iss',
    variant: 'wrong, on an error response',
    departure: failing({ iss: 'https://evil.example', error: 'access_denied' }),
    must: ['response-foreign', /evil/],
  },
  {
    row: 'fapi2: authorization response iss',
    variant: 'wrong, from a server that does not announce it',
    departure: {
      ...setting({ iss: 'https://evil.example' }),
      metadata: ({ authorization_response_iss_parameter_supported: _, ...rest }) => rest,
    },
    must: ['response-foreign', /evil/],
  },
  {
    row: 'fapi2: authorization response iss',
    variant: 'twice',
    departure: responding(response => response.append('iss', 'https://evil.example')),
    must: ['response-invalid', /"iss" occurs more than once/],
  },
  {
    row: 'callback: error',
    variant: 'access_denied',
    departure: failing({ error: 'access_denied', error_description: 'You are not in the group staff' }),
    must: ['access-denied', /Server message: “You are not in the group staff”/],
  },
  {
    row: 'callback: error',
    variant: 'login_required',
    departure: failing({ error: 'login_required' }),
    must: ['login-needed', /login_required/],
  },
  {
    row: 'callback: error',
    variant: 'temporarily_unavailable',
    departure: failing({ error: 'temporarily_unavailable' }),
    must: ['server-failed', /temporarily_unavailable/],
  },
  {
    row: 'callback: error',
    variant: 'invalid_scope',
    departure: failing({ error: 'invalid_scope' }),
    must: ['authorization-refused', /invalid_scope.*Check the provider’s client ID, scopes/],
  },
  {
    row: 'callback: error',
    variant: 'that is a link in a message',
    departure: failing({
      error: '[sign-in](command:quit)',
      error_description: 'See [here] (https://evil.example)',
    }),
    must: [
      'authorization-refused',
      /with “\[sign-in\] \(command:quit\)”\. Server message: “See \[here\] \(https/,
    ],
  },
  {
    row: 'callback: error',
    variant: 'with line breaks in its description, as Entra ID sends them',
    departure: failing({
      error: 'access_denied',
      error_description: 'AADSTS65004: declined.\r\nTrace ID: 1',
    }),
    must: ['access-denied', /“AADSTS65004: declined. Trace ID: 1”/],
  },
  {
    row: 'callback: error',
    variant: 'with a code beside it',
    departure: setting({ error: 'access_denied' }),
    must: ['access-denied', /refused/],
  },
  {
    row: 'callback: code repeated or missing',
    variant: 'repeated',
    departure: responding(response => response.append('code', 'other')),
    must: ['response-invalid', /"code" occurs more than once/],
  },
  {
    row: 'callback: code repeated or missing',
    variant: 'neither code nor error',
    departure: responding(response => response.delete('code')),
    must: ['response-invalid', /neither a code nor an error/],
  },
  {
    row: 'callback: code repeated or missing',
    variant: 'empty',
    departure: setting({ code: '' }),
    must: ['response-invalid', /neither a code nor an error/],
  },
  {
    row: 'callback: code repeated or missing',
    variant: 'not ASCII',
    departure: setting({ code: 'cødé' }),
    must: ['response-invalid', /its code is malformed/],
  },
  {
    row: 'callback: code repeated or missing',
    variant: 'tokens in its place',
    departure: setting({ id_token: 'e30.e30.', token: 'x' }),
    must: ['response-invalid', /isn’t a valid authorization response/],
  },
  {
    row: 'callback: code repeated or missing',
    variant: 'a response as a JWT beside it',
    departure: setting({ response: 'e30.e30.' }),
    must: ['response-invalid', /isn’t a valid authorization response/],
  },
];

describe('authorization responses', () => {
  for (const one of cases) signInCase({ ...one, also: notExchanged });

  for (const [variant, departure] of [
    ['wrong', setting({ state: 'x'.repeat(43) })],
    ['missing', responding(response => response.delete('state'))],
  ] as const) {
    conforms('fapi2: authorization response state', variant, () => {
      const clock = manualClock();
      const delivered: boolean[] = [];
      return withTrial(
        departure,
        async trial => {
          const failing = failureOf(trial, signIn(trial));
          while (delivered.length === 0) await settled();
          await clock.advance(60_000);
          const got = assertFailure(
            await failing,
            'responses-astray',
            /belong to no sign-in and weren’t used \((with another|without) "state", 1 in all\)/,
          );
          assert.deepEqual(delivered, [false]);
          notExchanged(trial, undefined);
          return got;
        },
        {
          clock,
          async browser(address, deliver) {
            delivered.push(deliver(await visit(address)));
          },
        },
      );
    });
  }
});
