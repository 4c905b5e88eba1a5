import assert from 'node:assert/strict';
import type { Provider, ProviderDefinition } from '../../../src/providers/entries/definition.ts';
import { createGrantCache } from '../../../src/sessions/store/grantCache.ts';
import { createGrantStore } from '../../../src/sessions/store/grantStore.ts';
import { createMemories } from '../../../src/sessions/refresh/memories.ts';
import { createTokenRefresher } from '../../../src/sessions/refresh/refresher.ts';
import { refreshGrant, revokeGrant } from '../../../src/signIn/after/keepGrant.ts';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../../servers/faultProxy.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { apiResource } from '../../servers/identityProvider/resources.ts';
import { manualClock } from '../../standIns/manualClock.ts';
import { memorySecretStorage } from '../../standIns/memorySecretStorage.ts';
import { everyGrantOf, quietRefresher } from '../../standIns/quietWindow.ts';
import { recordingLog } from '../../standIns/recordingLog.ts';
import { signInTrial, type SignInTrial } from '../signingIn.ts';
import { failsWith, given } from './serviceTrials.ts';

/** A client that may have one scope only. */
const modest = {
  client_id: 'modest',
  client_secret: 'the-secret-of-the-modest-client',
  token_endpoint_auth_method: 'client_secret_basic' as const,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'email',
};

describe('client credentials', () => {
  let server: IdentityProvider;
  before(async () => {
    server = await startIdentityProvider({ clients: [modest] });
  });
  after(() => server.close());

  const tryIt = (secretText = server.clients.editorSecret.clientSecret): SignInTrial =>
    signInTrial({ clientSecret: () => Promise.resolve(given(secretText)) });
  const robot = (trial: SignInTrial, more: Partial<ProviderDefinition> = {}, at = server.issuer): Provider =>
    trial.provider({
      issuer: at,
      clientId: server.clients.editorSecret.clientId,
      clientAuthentication: 'client_secret_basic',
      signInMethod: 'client-credentials',
      ...more,
    });

  it('end in a grant of the client, with one request and no browser', async () => {
    const trial = tryIt();
    const before = server.requests.length;
    const stages: string[] = [];
    const grant = await trial.signIn(robot(trial, { resource: [apiResource] }), {
      scopes: ['api:read'],
      progress: stage => stages.push(stage),
    });
    assert.deepEqual(grant.account, { id: 'editor-secret', label: 'service: editor-secret' });
    assert.deepEqual([grant.grantedScopes, grant.sessions], [['api:read'], [['api:read']]]);
    assert.equal(grant.tokens.refreshToken, undefined);
    assert.ok((grant.tokens.expiresAt ?? 0) > grant.tokens.receivedAt);
    assert.deepEqual(trial.opened, []);
    assert.deepEqual(stages, ['asking-provider', 'asking-for-token']);
    const sent = server.requests.slice(before).map(({ path }) => path);
    assert.deepEqual(sent, [server.endpoints.configuration, server.endpoints.token]);
    assert.ok(!trial.log.text().includes(server.clients.editorSecret.clientSecret));
    assert.match(trial.log.text(), /client-credentials: The client signs in as itself/);
  });

  it('ask for no scope that only a person could give', async () => {
    const trial = tryIt();
    const grant = await trial.signIn(robot(trial), { scopes: ['offline_access'] });
    assert.deepEqual([grant.grantedScopes, grant.sessions], [[], [['offline_access']]]);
  });

  it('refused for a scope say which scopes were asked for', async () => {
    const trial = tryIt(modest.client_secret);
    await assert.rejects(
      trial.signIn(robot(trial, { clientId: modest.client_id }), { scopes: ['email', 'groups'] }),
      failsWith(
        'scopes-refused',
        /doesn’t issue a token to the client modest for these scopes: email, groups.*Set "scopes"/,
      ),
    );
  });

  it('refused for a wrong secret ask for it again at the next time', async () => {
    const answers = ['wrong', server.clients.editorSecret.clientSecret];
    const trial = signInTrial({ clientSecret: () => Promise.resolve(given(answers.shift() ?? '')) });
    await assert.rejects(
      trial.signIn(robot(trial), { scopes: [] }),
      failsWith('client-refused', /invalid_client.*Check the provider’s client ID, and its client secret/),
    );
    await trial.signIn(robot(trial), { scopes: [] });
    await trial.signIn(robot(trial), { scopes: [] });
    assert.deepEqual(answers, []);
  });

  it('of a client that may not have them say so', async () => {
    const trial = tryIt(server.clients.resourceServer.clientSecret);
    await assert.rejects(
      trial.signIn(robot(trial, { clientId: server.clients.resourceServer.clientId }), { scopes: [] }),
      failsWith('request-refused', /requested grant type is not allowed for this client/),
    );
  });

  it('lack a required claim: the token is given back', async () => {
    const trial = tryIt();
    const before = server.requestsTo(server.endpoints.revocation).length;
    await assert.rejects(
      trial.signIn(robot(trial, { requiredClaims: { groups: 'robots' } }), { scopes: [] }),
      failsWith('claims-lacking', /service: editor-secret doesn’t have access to/),
    );
    assert.equal(server.requestsTo(server.endpoints.revocation).length, before + 1);
  });

  it('are given back at sign-out', async () => {
    server.settings.accessTokens = 'opaque';
    try {
      const trial = tryIt();
      const settings = robot(trial);
      const grant = await trial.signIn(settings, { scopes: [] });
      assert.equal(await revokeGrant(trial.context, settings, grant), 'revoked');
    } finally {
      server.settings.accessTokens = 'jwt';
    }
  });

  describe('kept fresh', () => {
    let faulty: FaultyIdentityProvider;
    beforeEach(async () => {
      faulty = await startFaultyIdentityProvider();
    });
    afterEach(() => faulty.close());

    const kept = async () => {
      const clock = manualClock();
      const trial = signInTrial({
        clock,
        clientSecret: () => Promise.resolve(given(faulty.clients.editorSecret.clientSecret)),
      });
      const settings = robot(trial, {}, faulty.issuer);
      const grant = await trial.signIn(settings, { scopes: [] });
      const log = recordingLog();
      const store = createGrantStore({ storage: memorySecretStorage(), log, onSetAside: () => undefined });
      const cache = createGrantCache(store, clock, log);
      const memories = createMemories();
      const needed: string[] = [];
      const refresher = createTokenRefresher(
        quietRefresher({
          cache,
          clock,
          log,
          memories,
          providers: everyGrantOf(settings),
          refresh: (...renewal) => refreshGrant(trial.context, ...renewal),
          onSignInNeeded: ended => void needed.push(ended.signInNeeded?.reason ?? ''),
        }),
      );
      await cache.put(grant);
      const asked = () => faulty.requestsTo(faulty.endpoints.token).length;
      const serial = async () => (await cache.get(grant.id))?.tokens.serial;
      return { trial, settings, grant, clock, cache, memories, refresher, needed, asked, serial };
    };

    it('ask once more shortly before the token ends, however many want it', async () => {
      const { refresher, clock, grant, asked, serial } = await kept();
      await clock.advance((clock.next ?? NaN) - clock.now() - 1000);
      assert.equal(asked(), 1);
      void clock.advance(2000);
      await Promise.all(Array.from({ length: 100 }, () => refresher.renew(grant.id, 1)));
      assert.deepEqual([asked(), await serial()], [2, 2]);
      refresher.dispose();
      await refresher.idle();
    });

    it('go on by themselves when the server is there again', async () => {
      const { memories, refresher, clock, grant, asked, serial, needed } = await kept();
      faulty.proxy.on(faulty.endpoints.token, { kind: 'status', status: 503 });
      await refresher.renew(grant.id, 1);
      assert.equal(memories.of(grant.id).trouble?.failures, 1);
      assert.deepEqual([asked(), await serial(), needed], [1, 1, []]);
      await clock.advance(10_000);
      await refresher.renew(grant.id, 1);
      assert.deepEqual([asked(), await serial()], [2, 2]);
      refresher.dispose();
    });

    it('need their person when the secret is gone for good', async () => {
      const { refresher, trial, settings, grant, needed, serial } = await kept();
      await trial.context.clientSecrets.replace(settings, given('revoked'));
      const ended = await refresher.renew(grant.id, 1);
      assert.match(
        ended?.signInNeeded?.reason ?? '',
        /rejected the client ID or its credentials \(invalid_client\)/,
      );
      assert.deepEqual([needed.length, await serial()], [1, 1]);
      refresher.dispose();
    });

    it('wait while their secret cannot be read', async () => {
      const { memories, refresher, trial, settings, grant, needed } = await kept();
      await trial.context.clientSecrets.forget(settings);
      await refresher.renew(grant.id, 1);
      assert.equal(memories.of(grant.id).trouble?.failures, 1);
      assert.deepEqual(needed, []);
      refresher.dispose();
    });
  });
});
