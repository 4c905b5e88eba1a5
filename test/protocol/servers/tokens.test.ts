import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import type { IdentityProvider } from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { authorize, editor, http, noSecret, refresh, signIn } from '../../servers/referenceClient.ts';
import { reportsResource } from '../../servers/identityProvider/resources.ts';
import { forEachTest, refusedWith } from './started.ts';

describe('the tokens of the identity provider of the tests', () => {
  let provider: IdentityProvider;
  let as: oauth.AuthorizationServer;
  forEachTest(started => ({ provider, as } = started));

  it('keeps offline_access without prompt=consent, and gives no refresh token without it', async () => {
    const offline = await signIn(as, people.alice, { scope: 'openid offline_access' });
    assert.ok(offline.tokens.refresh_token);
    const online = await signIn(as, people.alice, { scope: 'openid' });
    assert.equal(online.tokens.refresh_token, undefined);
  });

  it('spends a refresh token with its first use; the second kills the family', async () => {
    const { tokens } = await signIn(as, people.alice);
    const second = await refresh(as, tokens.refresh_token);
    assert.notEqual(second.refresh_token, tokens.refresh_token);
    assert.equal(oauth.getValidatedIdTokenClaims(second)?.sub, people.alice.sub);
    const third = await refresh(as, second.refresh_token);
    await assert.rejects(refresh(as, second.refresh_token), refusedWith('invalid_grant'));
    await assert.rejects(refresh(as, third.refresh_token), refusedWith('invalid_grant'));
  });

  it('gives tokens to at most one of two refreshes at the same moment, and kills the family', async () => {
    const { tokens } = await signIn(as, people.alice);
    const both = await Promise.allSettled([
      refresh(as, tokens.refresh_token),
      refresh(as, tokens.refresh_token),
    ]);
    const winners = both.filter(result => result.status === 'fulfilled');
    assert.equal(winners.length, 1);
    await assert.rejects(refresh(as, winners[0]?.value.refresh_token), refusedWith('invalid_grant'));
  });

  it('keeps the refresh token where rotation is off, at the lifetime that was set', async () => {
    provider.settings.rotateRefreshToken = false;
    provider.settings.accessTokenLifetime = 30;
    const { tokens } = await signIn(as, people.alice);
    assert.equal(tokens.expires_in, 30);
    const second = await refresh(as, tokens.refresh_token);
    assert.equal(second.refresh_token, tokens.refresh_token);
    await refresh(as, tokens.refresh_token);
  });

  it('revokes a refresh token on request', async () => {
    const { tokens } = await signIn(as, people.alice);
    const response = await oauth.revocationRequest(as, editor, noSecret, tokens.refresh_token ?? '', http);
    await oauth.processRevocationResponse(response);
    await assert.rejects(refresh(as, tokens.refresh_token), refusedWith('invalid_grant'));
  });

  it('takes back everything granted to one person, and nothing of another', async () => {
    const alice = await signIn(as, people.alice);
    const again = await signIn(as, people.alice);
    const bob = await signIn(as, people.bob);
    assert.equal(provider.revokeEverything(people.alice.sub), 2);
    await assert.rejects(refresh(as, alice.tokens.refresh_token), refusedWith('invalid_grant'));
    await assert.rejects(refresh(as, again.tokens.refresh_token), refusedWith('invalid_grant'));
    await refresh(as, bob.tokens.refresh_token);
  });

  it('answers userinfo and introspection for opaque access tokens', async () => {
    provider.settings.accessTokens = 'opaque';
    const { tokens } = await signIn(as, people.bob, { scope: 'openid profile groups offline_access' });
    const userInfo = await oauth.userInfoRequest(as, editor, tokens.access_token, http);
    const claims = await oauth.processUserInfoResponse(as, editor, people.bob.sub, userInfo);
    assert.equal(claims.name, 'Bob Baker');
    assert.deepEqual(claims['groups'], ['teams/support']);

    const introspect = async ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => {
      const client = { client_id: clientId };
      const auth = oauth.ClientSecretBasic(clientSecret);
      const response = await oauth.introspectionRequest(as, client, auth, tokens.access_token, http);
      return oauth.processIntrospectionResponse(as, client, response);
    };
    const seen = await introspect(provider.clients.resourceServer);
    assert.equal(seen.active, true);
    assert.equal(seen.sub, people.bob.sub);
    assert.equal((await introspect(provider.clients.editorSecret)).active, false);
  });

  it('issues access tokens for the resource that was asked for, and for no unknown one', async () => {
    const scope = 'openid reports:read offline_access';
    const { tokens } = await signIn(as, people.alice, { scope, parameters: { resource: reportsResource } });
    assert.equal(decodeJwt(tokens.access_token).aud, reportsResource);
    assert.equal(tokens.scope, scope);
    const parameters = { resource: 'https://unknown.example/' };
    const { redirect } = await authorize(as, people.alice, { parameters });
    assert.equal(redirect.searchParams.get('error'), 'invalid_target');
  });
});
