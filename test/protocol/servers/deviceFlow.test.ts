import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { deviceCodeGrant } from '../../servers/identityProvider/clients.ts';
import type { IdentityProvider } from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { approveDevice } from '../../servers/identityProvider/person.ts';
import { editor, http, noSecret, refresh } from '../../servers/referenceClient.ts';
import { forEachTest, refusedWith } from './started.ts';

describe('the device flow of the identity provider of the tests', () => {
  let provider: IdentityProvider;
  let as: oauth.AuthorizationServer;
  forEachTest(started => ({ provider, as } = started));

  const start = async () => {
    const parameters = new URLSearchParams({ scope: 'openid profile offline_access' });
    const response = await oauth.deviceAuthorizationRequest(as, editor, noSecret, parameters, http);
    return oauth.processDeviceAuthorizationResponse(as, editor, response);
  };
  const poll = async (deviceCode: string) => {
    const response = await oauth.deviceCodeGrantRequest(as, editor, noSecret, deviceCode, http);
    return oauth.processDeviceCodeResponse(as, editor, response);
  };

  it('waits for the person, then gives tokens', async () => {
    const { device_code, user_code, verification_uri } = await start();
    await assert.rejects(poll(device_code), refusedWith('authorization_pending'));
    await approveDevice(verification_uri, user_code, people.bob);
    const tokens = await poll(device_code);
    assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, people.bob.sub);
    await refresh(as, tokens.refresh_token);
    assert.equal(provider.requestsTo(provider.endpoints.token)[0]?.body['grant_type'], deviceCodeGrant);
  });

  it('takes the address that holds the code already', async () => {
    const { device_code, user_code, verification_uri_complete } = await start();
    await approveDevice(verification_uri_complete ?? '', user_code, people.alice);
    assert.equal(oauth.getValidatedIdTokenClaims(await poll(device_code))?.sub, people.alice.sub);
  });

  it('tells the device when the person denies', async () => {
    const { device_code, user_code, verification_uri } = await start();
    await approveDevice(verification_uri, user_code, people.bob, { deny: true });
    await assert.rejects(poll(device_code), refusedWith('access_denied'));
  });

  it('knows no other code, and each only once', async () => {
    const { user_code, verification_uri } = await start();
    await assert.rejects(approveDevice(verification_uri, 'BCDF-GHJK', people.bob), /not valid/);
    await approveDevice(verification_uri, user_code, people.bob);
    await assert.rejects(approveDevice(verification_uri, user_code, people.bob), /not valid/);
  });
});
