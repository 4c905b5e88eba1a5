import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { secret } from '../../../src/platform/secret.ts';
import {
  generateClientKey,
  publicKeySet,
  type ClientKey,
} from '../../../src/protocol/client/keys/clientKey.ts';
import { refreshGrant } from '../../../src/signIn/after/keepGrant.ts';
import type { ClientCredential } from '../../../src/signIn/client/clientSecrets.ts';
import { failsWith, keycloak, keycloakTrial, timeout } from '../running.ts';
import { oddSecret } from '../realm.ts';

const entered = (text: string): ClientCredential => ({ kind: 'secret', secret: secret(text) });

describe('a confidential client at Keycloak', function () {
  this.timeout(timeout);
  before(keycloak);

  for (const clientAuthentication of ['client_secret_basic', 'client_secret_post'] as const) {
    it(`proves itself with an odd secret (${clientAuthentication}), at every endpoint`, async () => {
      const trial = await keycloakTrial({ clientSecret: () => Promise.resolve(entered(oddSecret)) });
      const provider = trial.at('vscode-odd', { clientAuthentication });
      const grant = await trial.signIn(provider);
      assert.equal(grant.account.label, 'alice');
      await refreshGrant(trial.context, provider, grant, () => undefined);
    });
  }

  for (const [clientId, right, text] of [
    ['vscode-basic-only', 'client_secret_basic', 'basic-secret'],
    ['vscode-post-only', 'client_secret_post', 'post-secret'],
  ] as const) {
    it(`is told when it proves itself otherwise than it has to (${clientId})`, async () => {
      const trial = await keycloakTrial({ clientSecret: () => Promise.resolve(entered(text)) });
      const grant = await trial.signIn(trial.at(clientId, { clientAuthentication: right }));
      assert.equal(grant.account.label, 'alice');
    });
  }

  it('is asked for its secret again after a wrong one', async () => {
    const answers = ['wrong', 'basic-secret'];
    let asked = 0;
    const trial = await keycloakTrial({
      clientSecret: () => Promise.resolve(entered(answers[asked++] ?? '')),
    });
    const provider = trial.at('vscode-basic-only', { clientAuthentication: 'client_secret_basic' });
    await assert.rejects(trial.signIn(provider), failsWith('client-refused'));
    assert.equal((await trial.signIn(provider)).account.label, 'alice');
    assert.equal(asked, 2);
  });

  it('signs in with a key that was made here, once it is registered', async () => {
    const { admin } = await keycloak();
    const key: ClientKey = await generateClientKey('ES256');
    const trial = await keycloakTrial({ clientSecret: () => Promise.resolve({ kind: 'key', key }) });
    const provider = trial.at('vscode-jwt', { clientAuthentication: 'private_key_jwt' });
    await assert.rejects(trial.signIn(provider), failsWith('client-key-refused', /register its public key/));
    const attributes = { 'jwks.string': JSON.stringify(publicKeySet(key)) };
    await admin.changeClient('vscode-jwt', { attributes });
    const grant = await trial.signIn(provider);
    await refreshGrant(trial.context, provider, grant, () => undefined);
  });

  for (const clientId of ['vscode-disabled', 'there-is-none', 'vscode-odd']) {
    it(`is refused by name if Keycloak does not take it as it is entered (${clientId})`, async () => {
      const trial = await keycloakTrial();
      await assert.rejects(trial.signIn(trial.at(clientId)), failsWith('client-refused'));
    });
  }
});

describe('the client to import that docs/providers/keycloak.md has', function () {
  this.timeout(timeout);
  before(keycloak);

  it('is one that people sign in with, and stay signed in', async () => {
    const file = new URL('../../../docs/providers/keycloak-client.json', import.meta.url);
    const client = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>>;
    const trial = await keycloakTrial();
    await trial.keycloak.admin.importClient({ ...client, clientId: 'imported' });
    const grant = await trial.signIn(trial.at('imported', { redirect: { path: '/callback' } }));
    assert.equal(grant.account.label, 'alice');
    assert.ok(grant.grantedScopes.includes('offline_access'));
    await refreshGrant(trial.context, trial.at('imported'), grant, () => undefined);
  });
});

describe('staying signed in at Keycloak', function () {
  this.timeout(timeout);
  before(keycloak);

  it('goes without offline_access where the client may not have it', async () => {
    const trial = await keycloakTrial();
    const grant = await trial.signIn(trial.at('vscode-nooffline'));
    assert.equal(grant.account.label, 'alice');
    assert.match(trial.told.join(), /offline_access/);
  });

  it('goes without offline_access for a person who may not have it', async () => {
    const trial = await keycloakTrial({ visit: { username: 'carol' } });
    const grant = await trial.signIn(trial.at('vscode'));
    assert.equal(grant.account.label, 'carol');
    assert.match(trial.told.join(), /offline_access/);
  });

  it('says that a client that gets no refresh tokens will not stay signed in', async () => {
    const trial = await keycloakTrial();
    const grant = await trial.signIn(trial.at('vscode-norefresh'));
    assert.equal(grant.tokens.refreshToken, undefined);
    assert.deepEqual(grant.ending, { cure: 'allow-refresh' });
  });
});
