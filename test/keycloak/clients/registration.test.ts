import assert from 'node:assert/strict';
import { secret } from '../../../src/platform/secret.ts';
import { lookUp } from '../../../src/providers/lookUp/lookUp.ts';
import { readTypedAddress } from '../../../src/providers/lookUp/typedAddress.ts';
import { refreshGrant } from '../../../src/signIn/after/keepGrant.ts';
import { failsWith, keycloak, keycloakTrial, timeout } from '../running.ts';

describe('Keycloak, with nothing but its address', function () {
  this.timeout(timeout);
  before(keycloak);

  it('says that it registers only who has an initial access token, in its own words', async () => {
    const trial = await keycloakTrial();
    await assert.rejects(trial.signIn(trial.at('')), failsWith('registration-closed', /Trusted Hosts/));
  });

  it('registers who has an initial access token', async () => {
    const { admin } = await keycloak();
    const token = secret(await admin.initialAccessToken());
    const trial = await keycloakTrial({ initialAccessToken: () => Promise.resolve(token) });
    assert.equal((await trial.signIn(trial.at(''))).account.label, 'alice');
  });

  it('registers anybody on a trusted host, and is signed in to', async () => {
    const { admin } = await keycloak();
    await admin.openRegistration();
    const trial = await keycloakTrial();
    const provider = trial.at('');
    const grant = await trial.signIn(provider);
    assert.equal(grant.account.label, 'alice');
    await refreshGrant(trial.context, provider, grant, () => undefined);
  });

  it('is found by any address of its pages, and signed in to with nothing else', async () => {
    const { issuer } = await keycloak();
    const { origin } = new URL(issuer);
    for (const pasted of [
      issuer.replace(/^http:\/\//, ''),
      `${issuer}/`,
      `${issuer}/.well-known/openid-configuration`,
      `${issuer}/account/#/security/signingin`,
      `${issuer}/protocol/openid-connect/auth?client_id=account`,
      `${origin}/admin/staff/console/#/staff/clients`,
    ]) {
      const trial = await keycloakTrial();
      const typed = readTypedAddress(pasted);
      assert.ok(typed.kind !== 'problem', pasted);
      const found = await lookUp(trial.context.httpContext, typed);
      assert.equal(found.issuer, issuer, pasted);
      assert.equal((await trial.signIn(trial.at(''))).account.label, 'alice', pasted);
    }
  });

  it('is registered with anew after it has forgotten the client', async () => {
    const { admin } = await keycloak();
    const trial = await keycloakTrial();
    const provider = trial.at('');
    const first = await trial.signIn(provider);
    await admin.removeClient(first.binding.clientId);
    const second = await trial.signIn(provider);
    assert.notEqual(second.binding.clientId, first.binding.clientId);
  });
});
