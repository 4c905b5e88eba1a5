import assert from 'node:assert/strict';
import type { Departure, Json } from '../../servers/hostile/departure.ts';
import {
  endless,
  html,
  json,
  redirectTo,
  resetAfter,
  resetBefore,
  resetWithin,
  silence,
  silenceAfterHeaders,
  text,
  type Reply,
} from '../../servers/hostile/replies.ts';
import { Failure } from '../../../src/protocol/failures/failure.ts';
import { manualClock, settled } from '../../standIns/manualClock.ts';
import { conforms } from '../table.ts';
import { signInCase, type SignInCase } from '../signInCase.ts';
import { assertFailure, failureOf, signIn, withTrial } from '../trial.ts';

const answering = (reply: Reply): Departure => ({ replies: { token: () => reply } });
const having = (changes: Json): Departure => ({ token: body => ({ ...body, ...changes }) });
const invalid = (why: RegExp): SignInCase['must'] => ['response-invalid', why];

const replies: [string, Reply, SignInCase['must']][] = [
  [
    '302',
    redirectTo('https://evil.example/token?x=1'),
    ['redirected', /redirected to “https:\/\/evil\.example\/token”/],
  ],
  ['307', redirectTo('https://evil.example/token', 307), ['redirected', /evil/]],
  ['304', json({}, 304), ['redirected', /another URL/]],
  ['200 with an error', json({ error: 'invalid_grant' }), ['grant-refused', /invalid_grant/]],
  [
    '200 with an error of no standard',
    json({ error: 'maintenance' }),
    invalid(/an error with a success status/),
  ],
  [
    '200 with an error and tokens',
    json({ error: 'invalid_grant', access_token: 'a', token_type: 'bearer' }),
    invalid(/an error with a success status/),
  ],
  ['511', html(511), ['intercepted', /HTTP 511/]],
  ['201 without tokens', json({}, 201), invalid(/it contains no access token/)],
  ['500', text('Error at line 7', 'text/plain', 500), ['server-failed', /HTTP 500/]],
  ['503', json({ error: 'temporarily_unavailable' }, 503), ['server-failed', /HTTP 503/]],
  ['429', json({}, 429), ['rate-limited', /429/]],
  ['HTML', html(), ['intercepted', /Something other than/]],
  ['HTML with 403', html(403), ['intercepted', /HTTP 403/]],
  ['HTML as JSON', text('<html>'), ['intercepted', /Something other than/]],
  ['404', text('Not found', 'text/plain', 404), ['intercepted', /HTTP 404/]],
  ['empty', text(''), invalid(/it is empty/)],
  ['204', { status: 204, headers: {}, body: '' }, invalid(/it is empty/)],
  ['empty with 400', text('', 'text/plain', 400), ['grant-refused', /status 400/]],
  [
    'invalid_client',
    json({ error: 'invalid_client' }, 401),
    ['client-refused', /Check the provider’s client ID/],
  ],
  [
    'invalid_client behind a challenge',
    { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: '' },
    ['client-refused', /rejected the client ID or its credentials/],
  ],
  ['invalid_grant', json({ error: 'invalid_grant' }, 400), ['grant-refused', /invalid_grant/]],
  [
    'text of the server',
    json({ error: 'invalid_request', error_description: '\u202e[x](command:quit)\n“ok”' }, 400),
    ['request-refused', /Server message: “\[x\] \(command:quit\) 'ok'”\./],
  ],
  [
    'an error that is a link',
    json({ error: '[x](https://evil.example)' }, 400),
    ['grant-refused', /\(status 400\)/],
  ],
  ['endless', endless(Buffer.alloc(65536, ' ')), ['answer-too-large', /more than 1048576 bytes/]],
  ['an endless error', endless(Buffer.alloc(65536, 'a')), ['answer-too-large', /more than/]],
  ['not JSON', text('access_token=a&token_type=bearer', 'application/octet-stream'), invalid(/isn’t JSON/)],
  [
    'a form with two tokens',
    text('access_token=a&access_token=b&token_type=bearer', 'application/x-www-form-urlencoded'),
    invalid(/isn’t JSON/),
  ],
  [
    'a form with a prototype',
    text('access_token=a&__proto__=b&token_type=bearer', 'application/x-www-form-urlencoded'),
    invalid(/isn’t JSON/),
  ],
  ['truncated JSON', text('{"access_token":"a'), invalid(/isn’t JSON/)],
  ['a list', text('[]'), invalid(/isn’t a JSON object/)],
  ['null', text('null'), invalid(/isn’t a JSON object/)],
  [
    'nested deeply',
    text(`{"access_token":"a","token_type":"bearer","x":${'['.repeat(99_999)}${']'.repeat(99_999)}}`),
    invalid(/nested more than 32/),
  ],
  ['__proto__', text('{"__proto__":{"access_token":"a"},"token_type":"bearer"}'), invalid(/"__proto__"/)],
  ['connection reset before the answer', resetBefore, ['unreachable', /interrupted/]],
  ['connection reset within the answer', resetWithin('{"access_token":'), ['unreachable', /interrupted/]],
];

const bodies: [string, Json, SignInCase['must']][] = [
  ['no access token', { access_token: undefined }, invalid(/no access token/)],
  ['empty access token', { access_token: '' }, invalid(/no access token/)],
  ['access token that is a number', { access_token: 7 }, invalid(/its access token is malformed/)],
  ['CR LF in the access token', { access_token: 'a\r\nX: b' }, invalid(/its access token is malformed/)],
  ['access token too long', { access_token: 'a'.repeat(65_537) }, invalid(/its access token is too long/)],
  ['ID token that is none', { id_token: 'a b' }, invalid(/its id token is malformed/)],
  ['ID token that is an object', { id_token: {} }, invalid(/its id token is malformed/)],
  ['no token type', { token_type: undefined }, 'sign in'],
  ['a token type that is null', { token_type: null }, 'sign in'],
  ['a token type that is empty', { token_type: '' }, 'sign in'],
  ['a token type that is called missing', { token_type: 'missing' }, invalid(/isn’t Bearer/)],
  ['refresh token that is an object', { refresh_token: {} }, invalid(/its refresh token is malformed/)],
  ['token type mac', { token_type: 'mac' }, invalid(/isn’t Bearer/)],
  ['token type DPoP, unasked', { token_type: 'DPoP' }, invalid(/isn’t Bearer/)],
];

describe('the token endpoint', () => {
  for (const [variant, reply, must] of replies) {
    signInCase({ row: 'token response', variant, departure: answering(reply), must });
  }
  for (const [variant, changes, must] of bodies) {
    signInCase({ row: 'token response', variant, departure: having(changes), must });
  }

  signInCase({
    row: 'token response',
    variant: 'expires_in beyond all dates',
    departure: having({ expires_in: 1e300 }),
    must: 'sign in',
    also: (_, grant) => assert.ok(!Number.isNaN(new Date((grant?.tokens.expiresAt ?? NaN) * 1000).getTime())),
  });
  for (const [lifetime, seconds] of [
    ['3600', 3600],
    ['3599.9', 3599],
    [3599.9, 3599],
    [null, undefined],
    [-1, undefined],
    [0, undefined],
    ['0', undefined],
    [0.5, undefined],
    ['soon', undefined],
  ] as const) {
    signInCase({
      row: 'token response',
      variant: `expires_in ${JSON.stringify(lifetime)}`,
      departure: having({ expires_in: lifetime }),
      must: 'sign in',
      also: (_, grant) => {
        const { expiresAt, receivedAt = 0 } = grant?.tokens ?? {};
        assert.equal(expiresAt === undefined ? undefined : expiresAt - receivedAt, seconds);
      },
    });
  }
  signInCase({
    row: 'token response',
    variant: 'scopes that are none',
    departure: having({ scope: 'openid\nforged\u202e "x" profile  email' }),
    must: 'sign in',
    also: (_, grant) =>
      assert.deepEqual(grant?.grantedScopes, ['profile', 'email', 'openid', 'offline_access']),
  });

  conforms('token response', 'connection reset after the answer', () =>
    withTrial({ replies: { token: right => resetAfter(String(right.body)) } }, async trial => {
      // Whether the last bytes arrive is up to the network; either way the person can go on.
      const outcome = await signIn(trial).catch((error: unknown) => error);
      if (!(outcome instanceof Failure)) return 'signed in';
      return assertFailure(outcome, 'unreachable', /interrupted/);
    }),
  );

  for (const [variant, reply] of [
    ['silence', silence],
    ['silence after the headers', silenceAfterHeaders],
  ] as const) {
    conforms('token response', variant, () => {
      const clock = manualClock();
      return withTrial(
        answering(reply),
        async trial => {
          const asked = trial.server.asked('token');
          const failing = failureOf(trial, signIn(trial));
          await asked;
          await settled();
          await clock.advance(15_000);
          const got = assertFailure(await failing, 'timed-out', /within 15 seconds/);
          await trial.server.quiet();
          assert.equal(clock.pending, 0, 'no timer is left');
          return got;
        },
        { clock },
      );
    });
  }
});
