import assert from 'node:assert/strict';
import { generateClientKey, publicKeySet, type ClientKey } from '../../src/protocol/client/keys/clientKey.ts';
import { requestUserInfo } from '../../src/protocol/tokens/userInfo.ts';
import type { Provider } from '../../src/providers/entries/definition.ts';
import { revokeGrant } from '../../src/signIn/after/keepGrant.ts';
import { connectFor } from '../../src/signIn/client/grantConnection.ts';
import { claimsOf, refreshed } from '../protocol/methods/dpop/boundSignIn.ts';
import {
  failsWith,
  keycloak,
  keycloakTrial,
  pastingTrial,
  shown,
  timeout,
  type KeycloakTrial,
} from './running.ts';

describe('Keycloak, with its client profile for FAPI 2.0 and DPoP', function () {
  this.timeout(timeout);
  let key: ClientKey;
  before(async () => {
    const { admin } = await keycloak();
    key = await generateClientKey('ES256');
    const attributes = { 'jwks.string': JSON.stringify(publicKeySet(key)) };
    await admin.changeClient('vscode-fapi', { attributes });
    await admin.enforceProfile('fapi-2-dpop-security-profile');
  });
  after(async () => (await keycloak()).admin.enforceProfile(undefined));

  const withKey = { clientSecret: () => Promise.resolve({ kind: 'key', key } as const) };
  /** Keycloak is on this computer, without TLS, which an entry of the settings can't say together with the profile. */
  const strict = (trial: KeycloakTrial): Provider => ({
    ...trial.at('vscode-fapi', {
      clientAuthentication: 'private_key_jwt',
      dpop: 'required',
      redirect: { paste: shown },
    }),
    profile: 'fapi2',
  });

  const pasting = () => pastingTrial(withKey);

  it('signs a person in, refreshes, and asks UserInfo, but cannot revoke', async () => {
    const { trial, signIn } = await pasting();
    const provider = strict(trial);
    const grant = await signIn(provider);
    assert.equal(grant.account.label, 'alice');
    const opened = new URL(trial.opened.at(-1) ?? '').searchParams;
    assert.deepEqual([...opened.keys()], ['client_id', 'request_uri']);
    const next = await refreshed(trial, provider, grant);
    assert.ok('jkt' in (claimsOf(next.tokens.accessToken)['cnf'] as object));
    const connection = await connectFor(trial.context, provider, next.grant);
    const userInfo = await requestUserInfo(connection, next.tokens.accessToken, grant.account.id);
    assert.equal(userInfo?.['preferred_username'], 'alice');
    // It wants the proof for a refresh token that it has not bound, so it never is right.
    await assert.rejects(
      revokeGrant(trial.context, provider, next.grant),
      failsWith('proof-refused', /token binding verification failed/),
    );
  });

  it('refuses a client that proves no key', async () => {
    const { trial, signIn } = await pasting();
    const provider = { ...strict(trial), profile: undefined, dpop: undefined };
    await assert.rejects(signIn(provider), failsWith('proof-demanded', /"dpop" to "required"/));
  });

  it('refuses a redirect URI on this computer, and a public client', async () => {
    const local = await keycloakTrial({ ...withKey, method: 'loopback' });
    const provider = { ...strict(local), redirect: {} };
    await assert.rejects(local.signIn(provider), failsWith('authorization-refused', /redirect_uri/));
    const trial = await keycloakTrial({ method: 'loopback' });
    await assert.rejects(
      trial.signIn(trial.at('vscode', { dpop: 'required' })),
      failsWith('authorization-refused', /client access type: public/),
    );
  });
});
