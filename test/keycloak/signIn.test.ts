import assert from 'node:assert/strict';
import { secret } from '../../src/platform/secret.ts';
import { refreshGrant, revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import { openBrowser } from '../servers/identityProvider/person.ts';
import { recordingScreen } from '../protocol/methods/deviceScreen.ts';
import { enterCodeAtKeycloak } from './person.ts';
import { failsWith, keycloak, keycloakTrial, timeout } from './running.ts';

const never = (): void => undefined;

describe('Keycloak, with a client id', function () {
  this.timeout(timeout);
  before(keycloak);

  for (const method of ['uri-handler', 'loopback'] as const) {
    it(`signs a person in (${method})`, async () => {
      const trial = await keycloakTrial({ method });
      const grant = await trial.signIn(trial.at('vscode'));
      assert.equal(grant.account.label, 'alice');
      assert.deepEqual([...(grant.claims['groups'] as string[])].sort(), ['admins', 'developers']);
      assert.ok(grant.tokens.refreshToken && grant.grantedScopes.includes('offline_access'));
    });
  }

  it('takes a strict client only at its redirect URIs', async () => {
    const trial = await keycloakTrial();
    assert.equal((await trial.signIn(trial.at('vscode-strict'))).account.label, 'alice');
  });

  it('asks for consent, and hears of it when the person says no', async () => {
    const refusing = await keycloakTrial({ visit: { username: 'bob', deny: true } });
    await assert.rejects(refusing.signIn(refusing.at('vscode-consent')), failsWith('access-denied'));
    const trial = await keycloakTrial({ visit: { username: 'bob' } });
    assert.equal((await trial.signIn(trial.at('vscode-consent'))).account.label, 'bob');
  });

  for (const clientId of ['vscode-eddsa', 'vscode-ps512']) {
    it(`verifies what is signed otherwise than with RS256 (${clientId})`, async () => {
      const trial = await keycloakTrial();
      const provider = trial.at(clientId, { claimSources: ['userinfo'] });
      assert.equal((await trial.signIn(provider)).account.label, 'alice');
    });
  }

  it('pushes the request first where the client has to', async () => {
    const trial = await keycloakTrial();
    await trial.signIn(trial.at('vscode-par'));
    assert.match(trial.opened[0] ?? '', /[?&]request_uri=/);
    assert.doesNotMatch(trial.opened[0] ?? '', /redirect_uri=/);
  });

  it('signs in with a device code', async () => {
    const device = recordingScreen(
      ({ verificationUri, userCode }) =>
        void enterCodeAtKeycloak(verificationUri, { username: 'bob', userCode }),
    );
    const trial = await keycloakTrial({ method: 'device-code', device });
    assert.equal((await trial.signIn(trial.at('vscode'))).account.label, 'bob');
  });

  it('says that a client may have no device codes', async () => {
    const trial = await keycloakTrial({ method: 'device-code', device: recordingScreen() });
    await assert.rejects(trial.signIn(trial.at('vscode-nodevice')), failsWith('client-refused'));
  });

  it('asks for a higher level of sign-in, and gets it', async () => {
    const { admin } = await keycloak();
    await admin.addStepUp('vscode-stepup');
    const browser = openBrowser();
    const trial = await keycloakTrial({ visit: { username: 'alice', browser } });
    const silver = await trial.signIn(trial.at('vscode-stepup', { acrValues: ['silver'] }));
    assert.equal(silver.claims['acr'], 'silver');
    const gold = await trial.signIn(trial.at('vscode-stepup', { acrValues: ['gold'] }));
    assert.equal(gold.claims['acr'], 'gold');
    assert.equal(gold.account.id, silver.account.id);
  });

  it('signs a client in by itself', async () => {
    const trial = await keycloakTrial({
      clientSecret: () => Promise.resolve({ kind: 'secret', secret: secret('m2m-secret') }),
    });
    const provider = trial.at('m2m', {
      clientAuthentication: 'client_secret_basic',
      signInMethod: 'client-credentials',
      scopes: [],
    });
    const grant = await trial.signIn(provider, { scopes: [] });
    assert.match(grant.account.label, /^service: /);
  });
});

describe('a sign-in at Keycloak', function () {
  this.timeout(timeout);
  before(keycloak);

  it('lives on with a new refresh token each time', async () => {
    const trial = await keycloakTrial();
    const provider = trial.at('vscode');
    let grant = await trial.signIn(provider);
    const sent = new Set<string>();
    for (let count = 0; count < 3; count++) {
      sent.add(grant.tokens.refreshToken?.reveal() ?? '');
      const tokens = await (await refreshGrant(trial.context, provider, grant, never)).judge();
      grant = { ...grant, tokens: { serial: grant.tokens.serial + 1, ...tokens } };
      assert.equal(tokens.idTokenClaims?.sub ?? grant.account.id, grant.account.id);
    }
    assert.equal(sent.size, 3);
  });

  it('is refused when its spent refresh token comes back', async () => {
    const trial = await keycloakTrial();
    const provider = trial.at('vscode');
    const grant = await trial.signIn(provider);
    await refreshGrant(trial.context, provider, grant, never);
    await assert.rejects(refreshGrant(trial.context, provider, grant, never), failsWith('grant-refused'));
  });

  it('has ended when an administrator ends it', async () => {
    const { admin } = await keycloak();
    const trial = await keycloakTrial({ visit: { username: 'bob' } });
    const provider = trial.at('vscode', { scopes: ['openid', 'profile', 'email'] });
    const grant = await trial.signIn(provider);
    assert.equal(await admin.hasSession('bob'), true);
    await admin.endSessions('bob');
    await assert.rejects(refreshGrant(trial.context, provider, grant, never), failsWith('grant-refused'));
  });

  it('is gone there after the sign-out', async () => {
    const trial = await keycloakTrial();
    const provider = trial.at('vscode');
    const grant = await trial.signIn(provider);
    assert.equal(await revokeGrant(trial.context, provider, grant), 'revoked');
    await assert.rejects(refreshGrant(trial.context, provider, grant, never), failsWith('grant-refused'));
  });
});
