import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import { systemClock } from '../../src/platform/clock.ts';
import { Failure } from '../../src/protocol/failures/failure.ts';
import type { Provider, ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { createAccounts, type Accounts } from '../../src/sessions/accounts.ts';
import { addGrant } from '../../src/sessions/store/addGrant.ts';
import { createGrantCache } from '../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../src/sessions/store/grantStore.ts';
import { createTokenRefresher, type TokenRefresher } from '../../src/sessions/refresh/refresher.ts';
import { refreshGrant, revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { people } from '../servers/identityProvider/people.ts';
import { approveDevice } from '../servers/identityProvider/person.ts';
import { apiResource, reportsResource } from '../servers/identityProvider/resources.ts';
import { everyGrantOf, quietRefresher } from '../standIns/quietWindow.ts';
import { memorySecretStorage } from '../standIns/memorySecretStorage.ts';
import { recordingScreen } from './methods/deviceScreen.ts';
import { signInTrial } from './signingIn.ts';

describe('access tokens of one sign-in, at a real server that rotates refresh tokens', () => {
  let server: IdentityProvider;
  const refreshers: TokenRefresher[] = [];
  before(async () => {
    server = await startIdentityProvider();
  });
  afterEach(() => {
    for (const refresher of refreshers.splice(0)) refresher.dispose();
  });
  after(() => server.close());

  const tokenRequests = () => server.requestsTo(server.endpoints.token);
  const refreshes = () => tokenRequests().filter(({ body }) => body['grant_type'] === 'refresh_token');
  const pushed = () => server.requestsTo(server.endpoints.pushedAuthorizationRequest).at(-1)?.body;

  /** An editor with one window. */
  function editor(definition: Partial<ProviderDefinition> = {}, storage = memorySecretStorage()) {
    const screen = recordingScreen(code => {
      void approveDevice(code.verificationUri, code.userCode, people.alice);
    });
    const trial = signInTrial({ device: screen });
    const provider: Provider = trial.provider({ issuer: server.issuer, ...definition });
    const { log, context } = trial;
    const store = createGrantStore({ storage, log, onSetAside: () => assert.fail('nothing is damaged') });
    const cache = createGrantCache(store, systemClock, log);
    const refresher = createTokenRefresher(
      quietRefresher({
        cache,
        clock: systemClock,
        log,
        providers: everyGrantOf(provider),
        refresh: (...renewal) => refreshGrant(context, ...renewal),
        onSignInNeeded: grant => assert.fail(grant.signInNeeded?.reason),
        onOrphaned: () => assert.fail('nobody signs out'),
      }),
    );
    refreshers.push(refresher);
    const accounts: Accounts = createAccounts({
      cache,
      clock: systemClock,
      log,
      sharing: { ...refresher, add: (asked, grant) => addGrant(cache, asked, grant) },
    });
    const session = async (...scopes: string[]) => {
      const [found, ...more] = await accounts.sessions(provider, scopes);
      assert.equal(more.length, 0);
      if (found) assert.deepEqual(found.scopes, scopes);
      return found && { ...found, claims: decodeJwt(found.accessToken.reveal()) };
    };
    const signIn = async (...scopes: string[]) => {
      const added = await accounts.add(provider, await trial.signIn(provider, { scopes }));
      assert.deepEqual(added.session.scopes, scopes);
      return added.session;
    };
    return { trial, provider, storage, cache, accounts, refresher, session, signIn };
  }

  describe('for fewer scopes', () => {
    it('hold just those; the refresh token stays good for all', async () => {
      const { session, signIn, cache, refresher } = editor({ narrowTokens: true });
      await signIn('openid', 'profile', 'api:read');
      const narrow = await session('openid', 'api:read');
      assert.equal(String(narrow?.claims['scope']).split(' ').sort().join(' '), 'api:read openid');
      assert.equal((await session('api:read'))?.claims['scope'], 'api:read');
      assert.equal((await session('api:read', 'openid'))?.accessToken.reveal(), narrow?.accessToken.reveal());
      const [grant] = cache.known();
      const renewed = await refresher.renew(grant?.id ?? '', 1);
      const all = decodeJwt(renewed?.tokens.accessToken.reveal() ?? '')['scope'];
      assert.deepEqual(String(all).split(' ').sort(), [...(grant?.grantedScopes ?? [])].sort());
      assert.deepEqual(
        refreshes()
          .slice(-4)
          .map(({ body, status }) => [body['scope'], status]),
        [
          ['api:read openid profile', 200],
          ['api:read openid', 200],
          ['api:read', 200],
          [undefined, 200],
        ],
      );
    });

    it('are those of the sign-in by default', async () => {
      const { session, signIn } = editor();
      await signIn('openid', 'profile', 'api:read');
      const before = tokenRequests().length;
      assert.match(String((await session('api:read'))?.claims['scope']), /profile/);
      assert.equal(tokenRequests().length, before);
    });

    it('are there after a restart, without a request', async () => {
      const { session, signIn, storage } = editor({ narrowTokens: true });
      await signIn('openid', 'api:read');
      const token = (await session('api:read'))?.accessToken.reveal();
      const before = tokenRequests().length;
      const restarted = editor({ narrowTokens: true }, storage);
      assert.equal((await restarted.session('api:read'))?.accessToken.reveal(), token);
      assert.equal(tokenRequests().length, before);
    });

    it('are revoked with the others', async () => {
      const { session, signIn, cache, trial, provider } = editor({ narrowTokens: true });
      const { accessToken } = await signIn('openid', 'api:read');
      const derived = (await session('api:read'))?.accessToken.reveal();
      const [grant] = cache.known();
      assert.ok(grant);
      const before = server.requestsTo(server.endpoints.revocation).length;
      assert.equal(await revokeGrant(trial.context, provider, grant), 'revoked');
      const revoked = server
        .requestsTo(server.endpoints.revocation)
        .slice(before)
        .map(({ body }) => body['token']);
      const { refreshToken, accessToken: main } = grant.tokens;
      assert.deepEqual(revoked.slice(0, 2), [refreshToken?.reveal(), main.reveal()]);
      assert.deepEqual(revoked.slice(2).sort(), [accessToken.reveal(), derived].sort());
    });
  });

  describe('for a resource that an extension names', () => {
    const reports = `resource:${reportsResource}`;

    it('takes a sign-in for it, whose requests name it and whose scopes do not', async () => {
      const { session, signIn, cache } = editor();
      await signIn('openid', 'profile');
      assert.equal(await session('openid', reports), undefined);
      const before = tokenRequests().length;
      await signIn('reports:read', reports);
      assert.equal(pushed()?.['resource'], reportsResource);
      assert.doesNotMatch(String(pushed()?.['scope']), /resource/);
      assert.equal(tokenRequests()[before]?.body['resource'], reportsResource);
      const found = await session('reports:read', reports);
      assert.equal(found?.claims.aud, reportsResource);
      assert.match(String(found.claims['scope']), /reports:read/);
      assert.equal((await session('openid', 'profile'))?.claims.aud, apiResource, 'the other one is left');
      assert.equal(cache.known().length, 2);
      assert.equal(tokenRequests().length, before + 1);
    });

    it('is refreshed for it', async () => {
      const { session, signIn, cache, refresher } = editor();
      await signIn('reports:read', reports);
      await refresher.renew(cache.known()[0]?.id ?? '', 1);
      assert.equal(refreshes().at(-1)?.body['resource'], reportsResource);
      assert.equal((await session('reports:read', reports))?.claims.aud, reportsResource);
    });

    it('comes from the same sign-in where that serves several', async () => {
      const resource = [apiResource, reportsResource];
      const { session, signIn, cache } = editor({ resource, tokenPerResource: true });
      const first = await signIn('openid', 'profile');
      assert.equal(decodeJwt(first.accessToken.reveal()).aud, apiResource);
      const before = tokenRequests().length;
      const found = await session('openid', reports);
      assert.equal(found?.claims.aud, reportsResource);
      assert.equal((await session('openid', 'profile'))?.accessToken.reveal(), first.accessToken.reveal());
      assert.equal((await session('openid', reports))?.accessToken.reveal(), found.accessToken.reveal());
      assert.equal(tokenRequests().length, before + 1);
      assert.equal(refreshes().at(-1)?.body['resource'], reportsResource);
      assert.equal(cache.known().length, 1);
    });

    it('takes a sign-in all the same for scopes that were not granted there', async () => {
      const resource = [apiResource, reportsResource];
      const { session, signIn } = editor({ resource, tokenPerResource: true });
      await signIn('openid', 'profile');
      assert.equal(await session('reports:read', reports), undefined);
      assert.ok(await session('openid'), 'that there is goes on');
      await signIn('reports:read', reports);
      assert.equal((await session('reports:read', reports))?.claims.aud, reportsResource);
    });

    it('holds just the scopes that were asked for, where tokens are narrowed', async () => {
      const resource = [apiResource, reportsResource];
      const { session, signIn } = editor({ resource, tokenPerResource: true, narrowTokens: true });
      await signIn('openid', 'reports:read', 'api:read');
      assert.equal((await session('reports:read', reports))?.claims['scope'], 'reports:read');
      assert.equal((await session('api:read'))?.claims['scope'], 'api:read');
    });

    it('works with a device code', async () => {
      const { session, signIn } = editor({ signInMethod: 'device-code' });
      await signIn('reports:read', reports);
      const asked = server.requestsTo(server.endpoints.deviceAuthorization).at(-1)?.body;
      assert.equal(asked?.['resource'], reportsResource);
      assert.equal(tokenRequests().at(-1)?.body['resource'], reportsResource);
      assert.equal((await session('reports:read', reports))?.claims.aud, reportsResource);
    }).timeout(20_000);

    it('is refused before anything is sent if it is none', async () => {
      const { accounts, provider } = editor();
      const before = server.requests.length;
      for (const bad of ['resource:reports', 'resource:https://reports.example.com/#all']) {
        await assert.rejects(
          accounts.sessions(provider, ['openid', bad]),
          (error: unknown) => error instanceof Failure && error.code === 'scope-unusable',
        );
      }
      assert.equal(server.requests.length, before);
    });

    it('is not tried on a sign-in for another: this server would end that sign-in', async () => {
      const { signIn, cache, trial, provider } = editor();
      await signIn('openid', 'profile');
      const [grant] = cache.known();
      assert.ok(grant);
      // The reason for the rule in `canDeriveTarget`, shown: the token is spent, and then the request refused.
      const send = (derived?: string[]) =>
        refreshGrant(trial.context, provider, grant, () => undefined, derived);
      await assert.rejects(send([reports]), /invalid_target/);
      await assert.rejects(send(), /invalid_grant/);
    });
  });

  it('for an audience: the authorization request names it', async () => {
    const { signIn, session } = editor({ audience: 'https://of.the.settings.example.com' });
    await signIn('openid');
    assert.equal(pushed()?.['audience'], 'https://of.the.settings.example.com');
    assert.equal(await session('openid', 'audience:the-api'), undefined);
    await signIn('openid', 'audience:the-api');
    assert.equal(pushed()?.['audience'], 'the-api');
    assert.doesNotMatch(String(pushed()?.['scope']), /audience/);
    assert.ok(await session('openid', 'audience:the-api'));
  });
});
