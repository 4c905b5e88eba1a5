import assert from 'node:assert/strict';
import { consentTo } from '../../src/protocol/client/consent.ts';
import { Failure, type FailureCode } from '../../src/protocol/failures/failure.ts';
import { secret } from '../../src/platform/secret.ts';
import { generateClientKey, publicKeySet } from '../../src/protocol/client/keys/clientKey.ts';
import type { ProviderDefinition } from '../../src/providers/entries/definition.ts';
import { qlikCloud } from '../../src/providers/presets/qlikCloud.ts';
import type { Grant } from '../../src/sessions/grant/grant.ts';
import type { ClientCredential } from '../../src/signIn/client/clientSecrets.ts';
import { refreshGrant, revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import { signIn } from '../../src/signIn/signIn.ts';
import { keep } from '../conformance/keeping.ts';
import { json } from '../servers/hostile/replies.ts';
import { startQlikTenant, type QlikClient, type QlikTenant, type QlikUser } from '../servers/qlikTenant.ts';
import { editorRedirectUri, signInTrial, type SignInTrial } from '../protocol/signingIn.ts';

const redirectUris = [`${editorRedirectUri}/callback`, 'http://127.0.0.1:47811/callback'];
const scopes = ['user_default', 'offline_access'];
const alice: QlikUser = {
  id: '64ef645a3b7009d55dee5a2b',
  subject: 'acme\\alice',
  name: 'Alice Liddell',
  email: 'alice@example.com',
};
const robot: QlikClient = {
  id: 'robot',
  type: 'web',
  secret: 'the-secret',
  scopes: ['user_default', 'apps'],
};

const failsWith = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, message);
  return true;
};

/** Entries as the wizard writes them: the preset, the client id, and what the kind of client takes. */
const settingsOf = (kind: string, id: string, more: ProviderDefinition = {}): ProviderDefinition => ({
  preset: 'qlik-cloud',
  presetValues: { host: 'acme.eu.qlikcloud.example' },
  clientId: id,
  ...qlikCloud.clients?.[kind]?.definition,
  ...more,
});
const impersonating = (value: string, field: 'userId' | 'subject' = 'userId') =>
  settingsOf('impersonation', 'robot', { userLookup: { field, value } });

describe('Qlik Cloud', () => {
  let tenant: QlikTenant;
  let person: string;
  beforeEach(async () => {
    tenant = await startQlikTenant();
    tenant.users.push(
      { ...alice },
      { id: 'admin-1', subject: 'acme\\ada', name: 'Ada', isAdministrator: true },
    );
    person = alice.id;
  });
  afterEach(() => tenant.close());

  const register = (client: QlikClient): void => void tenant.clients.set(client.id, { ...client });
  const given = (text = 'the-secret'): ClientCredential => ({ kind: 'secret', secret: secret(text) });
  const tryIt = (credential: ClientCredential | undefined = given()): SignInTrial =>
    signInTrial({
      fetch: tenant.fetch,
      browser: async (address, deliver) => {
        const end = await tenant.signIn(address, person);
        if (end.protocol !== 'http:') deliver(end);
      },
      clientSecret: () => Promise.resolve(credential),
    });
  const wellAndSecret = (trial: SignInTrial, grant: Grant): void => {
    const { accessToken } = grant.tokens;
    for (const text of ['the-secret', accessToken.reveal()]) assert.ok(!trial.log.text().includes(text));
  };

  describe('people', () => {
    const publicClients = [
      ['native', { id: 'desktop', type: 'native', redirectUris, scopes }],
      ['single-page', { id: 'page', type: 'single-page', redirectUris, scopes }],
    ] as const;
    for (const [what, client] of publicClients) {
      it(`sign in by a ${what} client, with PKCE and state and no secret`, async () => {
        register(client);
        const trial = tryIt(undefined);
        const settings = trial.provider(settingsOf('native', client.id));
        const grant = await trial.signIn(settings, { scopes: [] });
        assert.deepEqual(grant.account, { id: alice.id, label: alice.email });
        assert.deepEqual([...grant.grantedScopes], scopes);
        assert.equal(tenant.ownerOf(grant.tokens.accessToken.reveal()), alice.id);
        const renewed = await (await refreshGrant(trial.context, settings, grant, () => undefined)).judge();
        assert.equal(tenant.ownerOf(renewed.accessToken.reveal()), alice.id);
        await assert.rejects(
          refreshGrant(trial.context, settings, grant, () => undefined),
          failsWith('grant-refused', /The refresh token is not valid/),
        );
      });
    }

    it('sign in by a web client with a secret', async () => {
      register({ ...robot, scopes, redirectUris });
      const trial = tryIt();
      const settings = trial.provider(settingsOf('web', 'robot'));
      const grant = await trial.signIn(settings, { scopes: [] });
      assert.equal(grant.account.label, alice.email);
      await refreshGrant(trial.context, settings, grant, () => undefined);
      wellAndSecret(trial, grant);
    });

    it('sign in by a web client with a key of the kind that Qlik takes', async () => {
      const trial = tryIt();
      const settings = trial.provider(
        settingsOf('web', 'robot', { clientAuthentication: 'private_key_jwt' }),
      );
      const key = await generateClientKey(settings.assertionAlgorithm);
      register({ id: 'robot', type: 'web', keys: () => publicKeySet(key), scopes, redirectUris });
      await trial.context.clientSecrets.replace(settings, { kind: 'key', key });
      const grant = await trial.signIn(settings, { scopes: [] });
      await refreshGrant(trial.context, settings, grant, () => undefined);
      assert.equal(grant.account.label, alice.email);
    });

    it('sign in by a client that registered itself, once an administrator has connected with it', async () => {
      const trial = tryIt(undefined);
      const settings = trial.provider(settingsOf('native', ''));
      await assert.rejects(
        trial.signIn(settings, { scopes: [] }),
        failsWith('access-denied', /An administrator has to connect first/),
      );
      person = 'admin-1';
      assert.equal((await trial.signIn(settings, { scopes: [] })).account.label, 'Ada');
      person = alice.id;
      assert.equal((await trial.signIn(settings, { scopes: [] })).account.label, alice.email);
      assert.equal(tenant.clients.size, 1, 'registered once');
    });

    it('are told why they were refused', async () => {
      register({ id: 'desktop', type: 'native', redirectUris, scopes });
      const trial = tryIt(undefined);
      const settings = trial.provider(settingsOf('native', 'desktop'));
      await assert.rejects(
        trial.signIn(settings, { scopes: ['admin_classic'] }),
        failsWith('authorization-refused', /invalid_scope.*The client may not have admin_classic/),
      );
    });
  });

  describe('a machine-to-machine client', () => {
    const definition = settingsOf('machine-to-machine', 'robot');
    beforeEach(() => register({ ...robot, service: true }));

    for (const clientAuthentication of ['client_secret_basic', 'client_secret_post'] as const) {
      it(`signs in by itself with ${clientAuthentication}, without a browser`, async () => {
        const trial = tryIt();
        const settings = trial.provider({ ...definition, clientAuthentication });
        const grant = await trial.signIn(settings, { scopes: ['apps'] });
        assert.deepEqual(grant.account, { id: 'qlikbot-robot', label: 'service: robot' });
        assert.deepEqual([...grant.grantedScopes], ['user_default', 'apps']);
        assert.deepEqual(grant.sessions, [['apps']]);
        assert.deepEqual(grant.binding.service, { way: 'client-credentials' });
        assert.equal(tenant.ownerOf(grant.tokens.accessToken.reveal()), 'robot');
        const [request] = tenant.tokenRequests;
        assert.equal(request?.contentType, 'application/x-www-form-urlencoded');
        assert.equal(request?.basic, clientAuthentication === 'client_secret_basic');
        assert.deepEqual(trial.opened, []);
        wellAndSecret(trial, grant);
      });
    }

    it('signs in with a key', async () => {
      const trial = tryIt();
      const settings = trial.provider({ ...definition, clientAuthentication: 'private_key_jwt' });
      const key = await generateClientKey(settings.assertionAlgorithm);
      register({ id: 'robot', type: 'web', keys: () => publicKeySet(key), service: true, scopes });
      await trial.context.clientSecrets.replace(settings, { kind: 'key', key });
      assert.equal((await trial.signIn(settings, { scopes: [] })).account.label, 'service: robot');
    });

    it('gets a new token without a refresh token, and needs its person when the secret has changed', async () => {
      const trial = tryIt();
      const settings = trial.provider(definition);
      const grant = await trial.signIn(settings, { scopes: [] });
      assert.equal(grant.tokens.refreshToken, undefined);
      const kept = await keep(trial, settings, grant);
      const renewed = await kept.renew();
      assert.equal(renewed?.tokens.serial, 2);
      assert.equal(tenant.ownerOf(renewed.tokens.accessToken.reveal()), 'robot');
      register({ ...robot, service: true, secret: 'another' });
      const ended = await kept.renew();
      assert.match(
        ended?.signInNeeded?.reason ?? '',
        /rejected the client ID or its credentials.*its client secret/,
      );
      assert.equal(kept.told.length, 1);
      assert.equal((await kept.stored())?.tokens.serial, 2, 'nothing is lost');
    });

    it('gives its token back at sign-out', async () => {
      const trial = tryIt();
      const settings = trial.provider(definition);
      const grant = await trial.signIn(settings, { scopes: [] });
      assert.equal(await revokeGrant(trial.context, settings, grant), 'revoked');
      assert.equal(tenant.ownerOf(grant.tokens.accessToken.reveal()), undefined);
    });

    it('leaves a refresh token unused that it should not have been given', async () => {
      tenant.habits.alwaysRefreshToken = true;
      const trial = tryIt();
      const settings = trial.provider(definition);
      const grant = await trial.signIn(settings, { scopes: [] });
      assert.equal(grant.tokens.refreshToken, undefined);
      await (await keep(trial, settings, grant)).renew();
      const grantTypes = tenant.tokenRequests.map(({ parameters }) => parameters['grant_type']);
      assert.deepEqual(grantTypes, ['client_credentials', 'client_credentials']);
    });

    it('takes a token that is not said to end for as long as is set', async () => {
      tenant.habits.saysLifetime = false;
      const trial = tryIt();
      const settings = trial.provider({ ...definition, assumedTokenLifetime: 3600 });
      assert.equal((await trial.signIn(settings, { scopes: [] })).tokens.expiresAt, undefined);
    });

    it('asks for its secret once, again if it was wrong, and not at all if nobody tells it', async () => {
      const trial = signInTrial({
        fetch: tenant.fetch,
        clientSecret: () => Promise.resolve(answers.shift()),
      });
      const answers = [undefined, given('wrong'), given()];
      const settings = trial.provider(definition);
      await assert.rejects(
        trial.signIn(settings),
        failsWith('client-secret-missing', /client secret, key, or certificate/),
      );
      assert.deepEqual(tenant.tokenRequests, [], 'nothing was asked without it');
      await assert.rejects(
        trial.signIn(settings, { scopes: [] }),
        failsWith('client-refused', /invalid_client.*The secret is wrong.*client secret/),
      );
      await trial.signIn(settings, { scopes: [] });
      await trial.signIn(settings, { scopes: [] });
      assert.deepEqual(answers, []);
    });
  });

  describe('a client that impersonates', () => {
    beforeEach(() => register({ ...robot, impersonation: true }));

    for (const [field, value] of [
      ['userId', alice.id],
      ['subject', alice.subject],
    ] as const) {
      for (const clientAuthentication of ['client_secret_basic', 'client_secret_post'] as const) {
        it(`signs in in the name of the user with this ${field}, by ${clientAuthentication}`, async () => {
          const trial = tryIt();
          const settings = trial.provider({ ...impersonating(value, field), clientAuthentication });
          const grant = await trial.signIn(settings, { scopes: [] });
          assert.deepEqual(grant.account, { id: alice.id, label: 'alice@example.com (impersonated)' });
          assert.equal(tenant.ownerOf(grant.tokens.accessToken.reveal()), alice.id);
          assert.deepEqual(trial.opened, []);
          const [request] = tenant.tokenRequests;
          assert.equal(request?.contentType, 'application/json');
          assert.deepEqual(request.parameters['user_lookup'], { field, value });
          assert.equal(request.parameters['scope'], 'user_default');
          assert.equal((await (await keep(trial, settings, grant)).renew())?.tokens.serial, 2);
          wellAndSecret(trial, grant);
        });
      }
    }

    it('signs in with a key', async () => {
      const trial = tryIt();
      const settings = trial.provider({
        ...impersonating(alice.id),
        clientAuthentication: 'private_key_jwt',
      });
      const key = await generateClientKey(settings.assertionAlgorithm);
      register({ id: 'robot', type: 'web', keys: () => publicKeySet(key), impersonation: true, scopes });
      await trial.context.clientSecrets.replace(settings, { kind: 'key', key });
      assert.equal((await trial.signIn(settings, { scopes: [] })).account.id, alice.id);
    });

    it('needs its person when the user may no longer sign in', async () => {
      const trial = tryIt();
      const settings = trial.provider(impersonating(alice.id));
      const kept = await keep(trial, settings, await trial.signIn(settings, { scopes: [] }));
      for (const user of tenant.users) user.disabled = true;
      assert.match(
        (await kept.renew())?.signInNeeded?.reason ?? '',
        /doesn’t issue a token .* for the user with userId 64ef.*This user may not sign in/,
      );
    });
  });

  const refused: [
    what: string,
    kind: string,
    client: Partial<QlikClient>,
    code: FailureCode,
    message: RegExp,
  ][] = [
    [
      'a client that may not sign in by itself',
      'machine-to-machine',
      {},
      'grant-type-refused',
      /the grant type client_credentials for the client robot.*not enabled.*Allow this grant type/,
    ],
    [
      'a client that may not impersonate',
      'impersonation',
      { service: true },
      'grant-type-refused',
      /urn:qlik:oauth:user-impersonation.*not enabled/,
    ],
    [
      'scopes that the client may not have',
      'machine-to-machine',
      { service: true, scopes: ['apps'] },
      'scopes-refused',
      /doesn’t issue a token .* for these scopes: user_default.*may not have user_default.*Set "scopes"/,
    ],
    [
      'a user that nobody knows',
      'impersonation',
      { impersonation: true },
      'user-refused',
      /for the user with userId <the id of the user>.*There is no such user.*Check "userLookup"/,
    ],
    [
      'a wrong secret',
      'machine-to-machine',
      { service: true, secret: 'another' },
      'client-refused',
      /invalid_client.*The secret is wrong/,
    ],
    ['a client that is gone', 'machine-to-machine', { id: 'other' }, 'client-refused', /No such client/],
  ];
  for (const [what, kind, client, code, message] of refused) {
    it(`explains ${what}, and nothing is kept`, async () => {
      register({ ...robot, ...client });
      tenant.habits.errors = 'oauth';
      const trial = tryIt();
      const settings = trial.provider(settingsOf(kind, 'robot'));
      await assert.rejects(trial.signIn(settings, { scopes: [] }), failsWith(code, message));
      assert.deepEqual(
        [...trial.storage.values.keys()].filter(key => /^grant/.test(key)),
        [],
      );
    });
  }

  it('explains a refusal of which the tenant says no more than its own code', async () => {
    register({ ...robot, impersonation: true });
    const trial = tryIt();
    const settings = trial.provider(impersonating('nobody'));
    await assert.rejects(
      trial.signIn(settings, { scopes: [] }),
      failsWith('user-refused', /User not found, There is no such user in this tenant, OAUTH-44/),
    );
  });

  it('is not asked by the editor for more than one token, however the attempt ends', async () => {
    register({ ...robot, service: true });
    const trial = tryIt();
    const settings = trial.provider(settingsOf('machine-to-machine', 'robot'));
    tenant.habits.answer = json({ errors: [{ code: 'HTTP-503', title: 'Unavailable' }] }, 503);
    await assert.rejects(trial.signIn(settings), failsWith('server-failed', /has a problem/));
    assert.equal(tenant.tokenRequests.length, 1);
    const abort = new AbortController();
    abort.abort(new Error('cancelled'));
    await assert.rejects(
      signIn(trial.context, {
        provider: settings,
        consent: consentTo(settings.issuer),
        scopes: [],
        signal: abort.signal,
        progress: () => undefined,
      }),
      /cancelled/,
    );
    assert.equal(tenant.tokenRequests.length, 1);
  });
});
