import assert from 'node:assert/strict';
import fc from 'fast-check';
import { consentTo } from '../../../src/protocol/client/consent.ts';
import { secret } from '../../../src/platform/secret.ts';
import { isForbiddenHost } from '../../../src/protocol/http/internalHost.ts';
import { exchangeAuthorizationCode } from '../../../src/protocol/grants/codeAndRefresh.ts';
import { introspectToken } from '../../../src/protocol/tokens/introspection.ts';
import {
  findProtectedResource,
  readProtectedResource,
} from '../../../src/protocol/server/protectedResource.ts';
import { pushAuthorizationRequest } from '../../../src/protocol/grants/pushedAuthorization.ts';
import { registerClient } from '../../../src/protocol/client/registration.ts';
import { createRegistrations } from '../../../src/signIn/client/registrations.ts';
import { sharedKeys } from '../../servers/hostile/keys.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { someProvider } from '../../unit/sessions/someGrant.ts';
import { changed, changedText, damaged, nastyText, nastyValue, type Json } from '../arbitraries.ts';
import { resultOf, target, type Target } from '../target.ts';
import { signedIdToken } from './tokens.ts';
import {
  authorizationRequest,
  connectionTo,
  issuer,
  jsonReply,
  metadataDocument,
  state,
} from '../provider.ts';
import { memoryConcessions } from '../../standIns/memoryConcessions.ts';

const policy = { allowLoopbackHttp: false };

const { rsa, ec } = await sharedKeys();
const keySet = fc.oneof(
  fc.array(fc.oneof(changed(rsa.jwk as Json), changed(ec.jwk as Json), nastyValue), { maxLength: 4 }),
  nastyValue,
);

const registration = {
  client_id: 'given',
  client_secret: 's'.repeat(43),
  client_secret_expires_at: 0,
  token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: ['http://127.0.0.1/callback'],
  registration_access_token: 't'.repeat(43),
  registration_client_uri: `${issuer}/register/given`,
};

const kept = {
  issuer: someProvider.issuer,
  redirectUri: 'http://127.0.0.1/callback',
  registeredAt: 1_700_000_000,
  clientId: 'given',
  method: 'client_secret_basic',
  secret: 's',
};

/** A server that has everything, all at these paths. */
const everything = jsonReply({
  ...metadataDocument,
  registration_endpoint: `${issuer}/register`,
  pushed_authorization_request_endpoint: `${issuer}/par`,
  introspection_endpoint: `${issuer}/introspect`,
});
const withEverything = (path: string, status: number, body: string) =>
  connectionTo({ '/.well-known/openid-configuration': everything, [path]: { status, headers: {}, body } });

export const furtherAnswerTargets: readonly Target[] = [
  target('keys', keySet, async keys => {
    const tokens = { access_token: 'a'.repeat(43), token_type: 'Bearer', id_token: await signedIdToken() };
    const connection = await connectionTo({ '/keys': jsonReply({ keys }), '/token': jsonReply(tokens) });
    const response = new URLSearchParams({ code: 'c', state, iss: issuer });
    const found = await resultOf(() => exchangeAuthorizationCode(connection, authorizationRequest, response));
    // Only the key that has signed it lets it pass.
    if (found) assert.ok(JSON.stringify(keys).includes(String((rsa.jwk as Json)['n'])));
  }),

  target('registration', changedText(registration), async body => {
    const { httpContext, metadata } = await withEverything('/register', 201, body);
    const found = await resultOf(() =>
      registerClient(httpContext, {
        metadata,
        consent: consentTo(issuer),
        policy: { ...policy, issuer },
        form: {
          redirectUri: 'http://127.0.0.1/callback',
          scopes: ['openid'],
          deviceGrant: true,
          method: 'none',
          key: undefined,
        },
      }),
    );
    if (!found) return;
    assert.match(found.clientId, /^[^]{1,2000}$/);
    assert.ok(!JSON.stringify(found).includes('ssss'));
    if (found.management) assert.ok(!isForbiddenHost(new URL(found.management.address).hostname));
  }),

  target(
    'registrations in storage',
    fc.oneof(
      changed(kept).map(entry => JSON.stringify({ version: 1, registrations: [entry] })),
      changedText({ version: 1, registrations: [kept] }),
      nastyText,
    ),
    async text => {
      const { httpContext } = await connectionTo({});
      const storage = memorySecretStorage(new Map([['registrations/oidc', text]]));
      const registrations = createRegistrations({
        storage,
        httpContext,
        concessions: memoryConcessions(),
        sharesStorage: true,
        askInitialAccessToken: () => Promise.resolve(undefined),
      });
      for (const uri of await registrations.redirectUris(someProvider)) assert.equal(typeof uri, 'string');
      const found = await registrations.known(someProvider, 'given');
      const { method } = found?.authentication ?? { method: 'none' };
      assert.match(method, /^(none|client_secret_(basic|post)|private_key_jwt)$/);
    },
  ),

  target('pushed request', changedText({ request_uri: 'urn:x:1', expires_in: 60 }), async body => {
    const connection = await withEverything('/par', 201, body);
    const found = await resultOf(() =>
      pushAuthorizationRequest(connection, new URLSearchParams({ redirect_uri: 'http://127.0.0.1/' })),
    );
    assert.ok(found === undefined || (found.length > 0 && found.length <= 2000));
  }),

  target('introspection', changedText({ active: true, scope: 'a b', exp: 1, sub: 'alice-1' }), async body => {
    const connection = await withEverything('/introspect', 200, body);
    const found = await resultOf(() => introspectToken(connection, secret('a'), 'alice-1'));
    if (!found) return;
    assert.equal(found.claims['active'], true);
    assert.ok(found.expiresAt === undefined || Number.isSafeInteger(found.expiresAt));
  }),

  target(
    'protected resource',
    fc.record({
      challenge: damaged(
        fc.constantFrom(
          'Bearer resource_metadata="https://api.example.com/.well-known/x"',
          'Bearer resource_metadata=https://169.254.169.254/',
        ),
      ),
      body: changedText({
        resource: 'https://api.example.com/v1',
        authorization_servers: [issuer],
        scopes_supported: ['read'],
      }),
    }),
    async ({ challenge, body }) => {
      const headers: Record<string, string> = /^[\x20-\x7E]*$/.test(challenge)
        ? { 'www-authenticate': challenge }
        : {};
      const reply = { status: 200, headers: {}, body };
      const { http } = await connectionTo({
        '/v1': { status: 401, headers, body: '' },
        '/.well-known/x': reply,
        '/.well-known/oauth-protected-resource': reply,
      });
      const found = await resultOf(() =>
        findProtectedResource(http, 'https://api.example.com/v1', policy, () => undefined),
      );
      if (!found) return;
      assert.equal(new URL(found.metadataAddress).origin, 'https://api.example.com');
      for (const server of found.authorizationServers) {
        const { protocol, hostname } = new URL(server);
        assert.ok(protocol === 'https:' && !isForbiddenHost(hostname), server);
      }
      for (const scope of found.scopes) assert.equal(typeof scope, 'string');
    },
  ),

  target(
    'protected resource of a challenge',
    fc.record({
      address: damaged(
        fc.constantFrom(
          'https://api.example.com/.well-known/oauth-protected-resource/v1',
          'https://api.example.com.evil.example/.well-known/oauth-protected-resource/v1',
          'https://api.example.com@evil.example/',
          'http://api.example.com/.well-known/oauth-protected-resource/v1',
        ),
      ),
      body: fc.oneof(
        changedText({
          resource: 'https://api.example.com/v1',
          authorization_servers: [issuer],
          scopes_supported: ['read'],
        }),
        // Nearly the right place.
        damaged(
          fc.constantFrom('', '/', '/v', '/v1', '/v1/', '/v1/reports', '/v1/other', '/v1/../..', '/V1'),
        ).map(path => JSON.stringify({ resource: `https://api.example.com${path}` })),
        fc
          .constantFrom(
            'a@api.example.com',
            'api.example.com.evil.example',
            'API.example.com',
            'api.example.com:8443',
          )
          .map(host => JSON.stringify({ resource: `https://${host}/v1` })),
      ),
      known: fc.boolean(),
    }),
    async ({ address, body, known }) => {
      const { pathname } = URL.parse(address) ?? { pathname: '/' };
      const { http } = await connectionTo({ [pathname]: { status: 200, headers: {}, body } });
      const request = known ? new URL('https://api.example.com/v1/reports') : undefined;
      const found = await resultOf(() =>
        readProtectedResource(http, address, policy, request, 'login.example.com', () => undefined),
      );
      if (!found) return;
      const { protocol, origin, pathname: path, username } = new URL(found.resource);
      assert.deepEqual([protocol, username], ['https:', '']);
      assert.equal(origin, new URL(address).origin);
      if (request)
        assert.ok(`${request.href}/`.startsWith(`${origin}${path.replace(/\/$/, '')}/`), found.resource);
    },
  ),
];
