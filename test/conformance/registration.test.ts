import assert from 'node:assert/strict';
import { findIssuer } from '../../src/protocol/server/webfinger.ts';
import type { FailureCode } from '../../src/protocol/failures/failure.ts';
import type { Answer, Reply } from '../servers/hostile/replies.ts';
import { html, json, redirectTo, text } from '../servers/hostile/replies.ts';
import type { Departure, Json } from '../servers/hostile/departure.ts';
import { conforms } from './table.ts';
import { assertFailure, failureOf, signIn, withTrial, type Trial } from './trial.ts';

/** A provider without a client id: the editor registers itself. */
const unregistered = { clientId: '' };

const registering = (change: (body: Json) => Json): Departure => ({
  replies: { register: right => json(change(JSON.parse(String(right.body)) as Json), 201) },
});

const clientSecret = 'S3cretS3cretS3cretS3cretS3cret';

describe('dynamic registration', () => {
  conforms('oidcc-client-test-dynamic-registration', '', () =>
    withTrial({}, async trial => {
      const grant = await signIn(trial, unregistered);
      assert.match(grant.binding.clientId, /^registered-/);
      const again = await signIn(trial, unregistered);
      assert.equal(again.binding.clientId, grant.binding.clientId, 'the registration is used again');
      const methods = trial.server.requestsTo('register').map(({ method }) => method);
      assert.deepEqual(methods, ['POST', 'GET'], 'registered once, asked about once');
      return `registered, signed in as ${grant.account.label}`;
    }),
  );

  for (const [variant, key] of [
    ['of the registration', 'ec'],
    ['of the registration, and a token with another one that the server has too', 'rsa'],
  ] as const) {
    conforms('registered algorithm', variant, () =>
      withTrial(
        {
          ...registering(body => ({ ...body, id_token_signed_response_alg: 'ES256' })),
          idToken: { key },
        },
        async trial => {
          const algorithm = /signature algorithm isn’t accepted/;
          const attempt = async (): Promise<string> =>
            key === 'rsa'
              ? assertFailure(
                  await failureOf(trial, signIn(trial, unregistered)),
                  'token-untrusted',
                  algorithm,
                )
              : `signed in as ${(await signIn(trial, unregistered)).account.label}`;
          await attempt();
          // Again, with what was stored of it.
          const got = await attempt();
          assert.equal(
            trial.server.requestsTo('register').filter(({ method }) => method === 'POST').length,
            1,
          );
          return got;
        },
      ),
    );
  }

  conforms('oidcc-client-test-client-secret-basic', '', () => {
    const departure: Departure = {
      clientSecret,
      ...registering(body => ({
        ...body,
        client_secret: clientSecret,
        client_secret_expires_at: 0,
        token_endpoint_auth_method: 'client_secret_basic',
      })),
    };
    return withTrial(departure, async trial => {
      await signIn(trial, unregistered);
      const [request] = trial.server.requestsTo('token');
      assert.equal(request?.authorization, 'basic');
      assert.equal(request?.body['client_secret'], undefined);
      return 'authenticated with Basic';
    });
  });

  const refused: [string, Reply | ((right: Answer) => Reply), FailureCode, RegExp][] = [
    ['closed', json({ error: 'invalid_token' }, 401), 'registration-closed', /initial access token/],
    [
      'refused',
      json({ error: 'invalid_client_metadata' }, 400),
      'registration-refused',
      /invalid_client_metadata/,
    ],
    ['HTML', html(), 'intercepted', /Something other than/],
    ['without a client id', json({}, 201), 'response-invalid', /"client_id" is missing/],
    ['nested deeply', text('['.repeat(9999), 'application/json', 201), 'response-invalid', /JSON/],
    ['a redirect', redirectTo('https://evil.example'), 'redirected', /evil/],
    [
      'another redirect URI',
      json({ client_id: 'a', redirect_uris: ['https://evil.example'] }, 201),
      'redirect-refused',
      /rejected the redirect URI/,
    ],
    [
      'an unknown way to authenticate',
      json({ client_id: 'a', client_secret: 'b'.repeat(20), token_endpoint_auth_method: 'x' }, 201),
      'response-invalid',
      /unknown client authentication/,
    ],
  ];
  for (const [variant, reply, code, says] of refused) {
    conforms('oidcc-client-test-dynamic-registration', variant, () =>
      withTrial({ replies: { register: () => reply as Reply } }, async trial => {
        const failure = await failureOf(trial, signIn(trial, unregistered));
        assert.equal(trial.server.requestsTo('token').length, 0);
        return assertFailure(failure, code, says);
      }),
    );
  }
});

const policy = { allowLoopbackHttp: true };
const find = (trial: Trial, identifier: string): Promise<string> =>
  findIssuer(trial.context.httpContext.http(policy), identifier, policy, () => undefined);

describe('WebFinger', () => {
  for (const [row, identify] of [
    ['oidcc-client-test-discovery-webfinger-acct', (host: string) => `acct:alice@${host}`],
    ['oidcc-client-test-discovery-webfinger-url', (host: string) => `http://${host}/alice`],
  ] as const) {
    conforms(row, '', () =>
      withTrial({ path: '/realms/staff' }, async trial => {
        const identifier = identify(new URL(trial.server.issuer).host);
        const issuer = await find(trial, identifier);
        assert.equal(issuer, trial.server.issuer);
        assert.equal(trial.server.requestsTo('webFinger')[0]?.query['resource'], identifier);
        const grant = await signIn(trial, { issuer });
        return `found the issuer, signed in as ${grant.account.label}`;
      }),
    );
  }

  conforms('oidcc-client-test-discovery-webfinger-acct', 'as an e-mail address', () =>
    withTrial({}, async trial => {
      const { host } = new URL(trial.server.issuer);
      assert.equal(await find(trial, ` alice@${host} `), trial.server.issuer);
      assert.equal(trial.server.requestsTo('webFinger')[0]?.query['resource'], `acct:alice@${host}`);
      return 'found the issuer';
    }),
  );

  const linking = (href: unknown): Answer =>
    json({
      links: [
        { rel: 'other', href: 'x' },
        { rel: 'http://openid.net/specs/connect/1.0/issuer', href },
      ],
    });
  const refused: [string, Answer, FailureCode, RegExp][] = [
    ['internal issuer', linking('https://169.254.169.254/'), 'issuer-not-found', /internal host/],
    ['http issuer', linking('http://login.example.com/'), 'issuer-not-found', /doesn’t use https/],
    ['issuer that is no address', linking(7), 'issuer-not-found', /doesn’t name a provider/],
    ['no link', json({ links: [] }), 'issuer-not-found', /doesn’t name a provider/],
    ['HTML', html(), 'issuer-not-found', /didn’t send a valid WebFinger response/],
    ['not there', json({}, 404), 'issuer-not-found', /status 404/],
    [
      '__proto__',
      text('{"links":[{"__proto__":{}}]}'),
      'issuer-not-found',
      /didn’t send a valid WebFinger response/,
    ],
    ['a redirect', redirectTo('https://evil.example/'), 'redirected', /evil/],
  ];
  for (const [variant, reply, code, says] of refused) {
    conforms('oidcc-client-test-discovery-webfinger-acct', variant, () =>
      withTrial({ replies: { webFinger: () => reply } }, async trial => {
        const { host } = new URL(trial.server.issuer);
        return assertFailure(await failureOf(trial, find(trial, `alice@${host}`)), code, says);
      }),
    );
  }

  for (const identifier of [
    '',
    'a b@c',
    '@',
    'user:password@host@x',
    'javascript:alert(1)//',
    '[a](command:b)',
  ]) {
    conforms('oidcc-client-test-discovery-webfinger-url', `“${identifier}”`, () =>
      withTrial({}, async trial => {
        const failure = await failureOf(trial, find(trial, identifier));
        assert.ok(['issuer-not-found', 'unreachable'].includes(failure.code), failure.message);
        assert.ok(!failure.message.includes(']('));
        return `refused (${failure.code})`;
      }),
    );
  }
});
