import assert from 'node:assert/strict';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { systemClock } from '../../src/platform/clock.ts';
import { generateClientKey, publicKeySet, type ClientKey } from '../../src/protocol/client/keys/clientKey.ts';
import { mutualTls } from '../../src/protocol/client/mutualTls.ts';
import { thumbprintOf } from '../../src/protocol/http/clientCertificate.ts';
import { requestUserInfo } from '../../src/protocol/tokens/userInfo.ts';
import type { Provider } from '../../src/providers/entries/definition.ts';
import { revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import { connectFor } from '../../src/signIn/client/grantConnection.ts';
import { credential, entered } from '../protocol/clientCertificate/trustedCertificates.ts';
import { claimsOf, refreshed } from '../protocol/methods/dpop/boundSignIn.ts';
import type { TestCertificate } from '../servers/certificates.ts';
import { loopback } from '../servers/listening.ts';
import { startCertifiedApi } from '../servers/resourceServers/certifiedApi.ts';
import { failsWith, keycloak, pastingTrial, shown, timeout } from './running.ts';

describe('Keycloak over https, with its client profile for FAPI 2.0 and certificates', function () {
  this.timeout(timeout);
  const defaults = getCACertificates('default');
  let key: ClientKey;
  let robot: TestCertificate;
  before(async () => {
    const { admin, authority } = await keycloak();
    setDefaultCACertificates([...defaults, authority.certificate]);
    robot = await authority.issue('robot');
    key = await generateClientKey('ES256');
    const attributes = { 'jwks.string': JSON.stringify(publicKeySet(key)) };
    await admin.changeClient('vscode-fapi-mtls', { attributes });
    await admin.enforceProfile('fapi-2-security-profile');
  });
  after(async () => {
    await (await keycloak()).admin.enforceProfile(undefined);
    setDefaultCACertificates(defaults);
  });

  /** Somebody whose editor has the key and this certificate. */
  async function trialWith(certificate: TestCertificate) {
    const { trial, signIn } = await pastingTrial({
      clientSecret: kind => Promise.resolve(kind === 'key' ? { kind, key } : credential(certificate)),
    });
    const { secureIssuer } = trial.keycloak;
    const provider = trial.provider({
      issuer: secureIssuer,
      clientId: 'vscode-fapi-mtls',
      profile: 'fapi2',
      allowLoopbackHttp: false,
      certificateBoundTokens: true,
      redirect: { paste: shown },
      claimSources: ['userinfo'],
    });
    return { trial, provider, signIn };
  }

  it('signs a person in, refreshes three times, asks UserInfo, and revokes', async () => {
    const { trial, provider, signIn } = await trialWith(robot);
    let grant = await signIn(provider);
    assert.equal(grant.account.label, 'alice');
    const opened = new URL(trial.opened.at(-1) ?? '').searchParams;
    assert.deepEqual([...opened.keys()], ['client_id', 'request_uri']);
    const thumbprint = await thumbprintOf(entered(robot));
    for (let count = 0; count < 3; count++) {
      ({ grant } = await refreshed(trial, provider, grant));
      assert.deepEqual(claimsOf(grant.tokens.accessToken)['cnf'], { 'x5t#S256': thumbprint });
    }
    const connection = await connectFor(trial.context, provider, grant);
    const userInfo = await requestUserInfo(connection, grant.tokens.accessToken, grant.account.id);
    assert.equal(userInfo?.['preferred_username'], 'alice');
    assert.equal(await revokeGrant(trial.context, provider, grant), 'revoked');
    await assert.rejects(refreshed(trial, provider, grant), failsWith('grant-refused'));
  });

  it('lets an API verify the certificate of its tokens', async () => {
    const { provider, signIn } = await trialWith(robot);
    const { tokens } = await signIn(provider);
    const { authority } = await keycloak();
    const own = await authority.issue('api', { hosts: [loopback] });
    const api = await startCertifiedApi(provider.issuer, own);
    const ask = async (certificate: TestCertificate): Promise<string> => {
      const headers = { authorization: `Bearer ${tokens.accessToken.reveal()}` };
      const answer = await mutualTls.fetch(entered(certificate), systemClock)(api.url, { headers });
      return answer.text();
    };
    try {
      assert.equal(await ask(robot), 'welcome');
      assert.equal(await ask(await authority.issue('thief')), 'another certificate');
      const without = await fetch(api.url, {
        headers: { authorization: `Bearer ${tokens.accessToken.reveal()}` },
      });
      assert.equal(await without.text(), 'no certificate');
    } finally {
      await api.close();
    }
  });

  it('refuses tokens of another certificate, which is said, and the owner has no harm', async () => {
    const { trial, provider, signIn } = await trialWith(robot);
    const grant = await signIn(provider);
    const { clientSecrets } = trial.context;
    const { authority } = await keycloak();
    await clientSecrets.replace(provider, credential(await authority.issue('thief')));
    await assert.rejects(
      refreshed(trial, provider, grant),
      failsWith('certificate-mismatch', /Sign in again/),
    );
    const connection = await connectFor(trial.context, provider, grant);
    await assert.rejects(
      requestUserInfo(connection, grant.tokens.accessToken, grant.account.id),
      failsWith('grant-refused'),
    );
    await clientSecrets.replace(provider, credential(robot));
    await refreshed(trial, provider, grant);
  });

  it('refuses a client without a certificate, and says which setting helps', async () => {
    const { provider, signIn } = await trialWith(robot);
    const without: Provider = { ...provider, profile: undefined, certificateBoundTokens: false };
    await assert.rejects(signIn(without), failsWith('certificate-demanded', /"certificateBoundTokens"/));
  });
});
