import assert from 'node:assert/strict';
import { signIn } from '../../../conformance/trial.ts';
import { keep } from '../../../conformance/keeping.ts';
import { html, json, text } from '../../../servers/hostile/replies.ts';
import type { Json } from '../../../servers/hostile/departure.ts';
import { refusing, describing, error, signsIn, fails, unregistered, type ServerRow } from './row.ts';

const boilerplate = 'The request could not be completed because of a policy of your organization. '.repeat(
  12,
);

let asksForOffline = false;

const unknownRefreshToken = refusing('token', error('unauthorized_client', 'unable to parse refresh token'));

export const refusalsRows: readonly ServerRow[] = [
  {
    name: 'offline-refused-before-page',
    server: 'Keycloak 26',
    does: 'refuses offline_access before the page',
    departure: {
      ...describing(() => ({ scopes_supported: ['openid', 'profile', 'offline_access'] })),
      authorize(response, { parameters }) {
        if (!parameters.get('scope')?.includes('offline_access')) return;
        response.delete('code');
        response.set('error', 'invalid_scope');
        response.set('error_description', 'Invalid scopes: openid profile offline_access');
      },
    },
    run: signsIn({}, trial => {
      assert.match(trial.told[0] ?? '', /offline_access.*have to sign in again when your session/);
      assert.equal(trial.opened.length, 2);
    }),
  },
  {
    name: 'offline-refused-after-page',
    server: 'Keycloak 26',
    does: 'refuses offline_access after the page, to a person without the role',
    departure: {
      ...describing(() => ({ scopes_supported: ['openid', 'offline_access'] })),
      ...refusing(
        'token',
        error('not_allowed', 'Offline tokens not allowed for the user or client'),
        (_, parameters) => parameters.get('grant_type') === 'authorization_code' && asksForOffline,
      ),
      authorize(_, { parameters }) {
        asksForOffline = parameters.get('scope')?.includes('offline_access') === true;
      },
    },
    run: signsIn({}, trial => {
      assert.match(trial.told[0] ?? '', /offline_access/);
      // Another person may have the role.
      const { concessions } = trial.context;
      assert.deepEqual(concessions.of(trial.provider({ issuer: trial.server.issuer })), []);
    }),
  },
  {
    name: 'dpop-demanded',
    ends: /key-bound tokens \(DPoP\).* Set "dpop" to "required"/,
    server: 'Keycloak 26',
    does: 'demands DPoP after the page',
    departure: refusing('token', error('invalid_request', 'DPoP proof is missing')),
    run: fails(
      'proof-demanded',
      /key-bound tokens \(DPoP\).*“DPoP proof is missing”.*Set "dpop" to "required"/,
    ),
  },
  {
    name: 'certificate-demanded',
    ends: /requires a client certificate.* Set "certificateBoundTokens"/,
    server: 'Keycloak 26',
    does: 'demands a certificate to bind tokens to, after the page',
    departure: refusing(
      'token',
      error('invalid_request', 'Client Certification missing for MTLS HoK Token Binding'),
    ),
    run: fails('certificate-demanded', /MTLS HoK Token Binding.*Set "certificateBoundTokens"/),
  },
  {
    name: 'certificate-mismatch',
    ends: /bound to another one \(unauthorized_client\).* Sign in again/,
    server: 'Keycloak 26',
    does: 'refuses another certificate than the one that tokens are bound to',
    departure: refusing(
      'token',
      error(
        'unauthorized_client',
        'Client certificate missing, or its thumbprint and one in the refresh token did NOT match',
      ),
    ),
    run: fails('certificate-mismatch', /thumbprint.*Sign in again/),
  },
  {
    name: 'long-words',
    ends: /“The request could not.*….*You are not in the group staff”\. .*ask your administrator for access/,
    server: 'several',
    does: 'put long words before the reason',
    departure: {
      authorize(response) {
        response.delete('code');
        response.set('error', 'access_denied');
        response.set('error_description', `${boilerplate}You are not in the group staff.`);
      },
    },
    run: fails('access-denied', /“The request could not.*….*You are not in the group staff”/, {}, trial =>
      assert.ok(trial.log.text().includes(boilerplate.trim()), 'the log has all of it'),
    ),
  },
  {
    name: 'long-words-at-token-endpoint',
    ends: /“The request could not.*….*The code was used”\. Sign in again/,
    server: 'several',
    does: 'put long words before the reason, at the token endpoint',
    departure: refusing('token', error('invalid_grant', `${boilerplate}The code was used.`)),
    run: fails('grant-refused', /“The request could not.*….*The code was used”/, {}, trial =>
      assert.ok(trial.log.text().includes(boilerplate.trim()), 'the log has all of it'),
    ),
  },
  {
    name: 'grant-with-other-scopes',
    ends: /“a grant exists with different scope”\. Add all scopes .* or remove this application’s grant/,
    server: 'Gitea',
    does: 'answers server_error with words to a second extension with one more scope',
    departure: {
      authorize(response) {
        response.delete('code');
        response.set('error', 'server_error');
        response.set('error_description', 'a grant exists with different scope');
      },
    },
    run: fails(
      'scopes-differ',
      /“a grant exists with different scope”.*"scopes".*remove this application’s grant/,
      {},
      ({ told, opened }) => assert.deepEqual([told, opened.length], [[], 1], 'it is asked once'),
    ),
  },
  {
    name: 'server-error-with-words',
    ends: /“Database is on fire”\. Check the provider’s client ID, scopes, and registered redirect URIs/,
    server: 'any',
    does: 'answers server_error with other words: they are told, and it is not tried later',
    departure: {
      authorize(response) {
        response.delete('code');
        response.set('error', 'server_error');
        response.set('error_description', 'Database is on fire');
      },
    },
    run: fails('authorization-refused', /server_error\. Server message: “Database is on fire”/),
  },
  {
    name: 'old-refresh-token-unauthorized',
    server: 'Gitea',
    does: 'answers unauthorized_client to every old refresh token',
    departure: {},
    later: unknownRefreshToken,
    laterSays: /is no longer signed in to .*\. .*“unable to parse refresh token”/,
    async run(trial) {
      const kept = await keep(trial, trial.provider({ issuer: trial.server.issuer }), await signIn(trial));
      trial.server.departure = unknownRefreshToken;
      await kept.renew();
      assert.match(
        kept.told[0] ?? '',
        /no longer considers this sign-in valid.*unable to parse refresh token/,
      );
    },
  },
  ...(
    [
      ['403 JSON without an error', json({ message: 'Forbidden' }, 403)],
      ['403 text', text('Forbidden', 'text/plain', 403)],
      ['401 text', text('Unauthorized', 'text/plain', 401)],
      ['a page', html(403)],
      ['403 with Retry-After', { ...json({}, 403), headers: { 'retry-after': '1' } }],
    ] as const
  ).map(([what, answer]): ServerRow => ({
    name: `refresh-${what.replaceAll(' ', '-').toLowerCase()}`,
    server: 'firewalls',
    does: `answer a refresh with ${what}`,
    departure: {},
    later: { inFront: { token: answer } },
    async run(trial) {
      const kept = await keep(trial, trial.provider({ issuer: trial.server.issuer }), await signIn(trial));
      trial.server.departure = { inFront: { token: answer } };
      for (const times of [1, 2]) {
        await kept.renew();
        assert.deepEqual([(await kept.stored())?.signInNeeded, kept.told], [undefined, []], String(times));
      }
      trial.server.departure = {};
      assert.equal((await kept.renew())?.tokens.serial, 2, 'the refresh token is still good');
    },
  })),
  ...Object.entries<readonly [string, Json]>({
    okta: [
      'Okta',
      {
        errorCode: 'E0000001',
        errorSummary: 'Api validation failed',
        errorCauses: [{ errorSummary: 'No.' }],
      },
    ],
    aspnet: ['ASP.NET', { Message: 'Api validation failed' }],
    laravel: ['Laravel', { errors: { redirect_uris: ['Api validation failed'] } }],
    google: ['Google', { error: { code: 400, message: 'Api validation failed', status: 'INVALID' } }],
    qlik: ['Qlik Cloud', { errors: [{ code: 'X-1', title: 'Api validation failed' }] }],
    problem: ['RFC 9457', { type: 'about:blank', title: 'Api validation failed', status: 400 }],
    spring: ['Spring', { timestamp: 'Mon Nov 30', path: '/register now', message: 'Api validation failed' }],
  }).map(([name, [server, body]]): ServerRow => ({
    name: `explained-${name}`,
    ends: /refused to register this editor .*“Api validation failed”\. Ask your administrator for a client ID/,
    server,
    does: 'explains a refusal in its own form',
    departure: refusing('register', json(body, 400)),
    run: fails('registration-refused', /“Api validation failed”/, unregistered),
  })),
];
