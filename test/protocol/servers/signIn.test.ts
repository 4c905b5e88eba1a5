import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { editorRedirectUris, isWebHostRedirectUri } from '../../servers/identityProvider/clients.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openBrowser, signInOverHttp } from '../../servers/identityProvider/person.ts';
import {
  authorize,
  discover,
  editor,
  http,
  noSecret,
  redirectUri,
  signIn,
} from '../../servers/referenceClient.ts';
import { apiResource } from '../../servers/identityProvider/resources.ts';
import { forEachTest } from './started.ts';

describe('the identity provider of the tests', () => {
  let provider: IdentityProvider;
  let as: oauth.AuthorizationServer;
  forEachTest(started => ({ provider, as } = started));

  it('signs a person in with code and PKCE, and records what was asked of it', async () => {
    const { tokens, claims, redirect } = await signIn(as, people.alice, {
      scope: 'openid profile email groups offline_access',
    });
    assert.equal(redirect.href.split('?')[0], redirectUri);
    assert.equal(claims?.sub, people.alice.sub);
    assert.equal(claims['preferred_username'], 'alice');
    assert.equal(claims['email'], 'alice@example.com');
    assert.deepEqual(claims['groups'], ['teams/developers', 'teams/leads']);
    assert.equal(tokens.scope, 'openid profile email groups offline_access');
    assert.equal(tokens.expires_in, 3600);
    assert.equal(decodeJwt(tokens.access_token).aud, apiResource);

    const [request, ...more] = provider.requestsTo(provider.endpoints.token);
    assert.equal(more.length, 0);
    assert.equal(request?.method, 'POST');
    assert.equal(request.status, 200);
    assert.equal(request.authorization, undefined);
    assert.equal(request.body['grant_type'], 'authorization_code');
    assert.equal(request.body['client_id'], 'editor');
    assert.equal(provider.requestsTo(provider.endpoints.authorization)[0]?.query['client_id'], 'editor');
  });

  it('accepts every registered redirect URI and any loopback port, and no other', async () => {
    for (const uri of [...editorRedirectUris, 'http://127.0.0.1:54321/callback']) {
      const { redirect } = await authorize(as, people.bob, { redirectUri: uri });
      assert.ok(redirect.href.startsWith(`${uri}?`), redirect.href);
      assert.ok(redirect.searchParams.get('code'));
    }
    for (const uri of [
      `${redirectUri}?windowId=1`,
      'http://127.0.0.1:54321/other',
      'https://example.com/callback',
    ]) {
      await assert.rejects(authorize(as, people.bob, { redirectUri: uri }), /invalid_redirect_uri/);
    }
  });

  it('lets one client come back to a VS Code in a browser', async () => {
    const query =
      'vscode-reqid=1&vscode-scheme=code-oss&vscode-authority=vscode-oidc.oidc-authentication&vscode-path=/callback';
    const uri = `http://127.0.0.1:8080/stable-0123456789abcdef0123456789abcdef01234567/callback?${query}`;
    const client = { client_id: provider.clients.editorWeb.clientId };
    const { claims, redirect } = await signIn(as, people.alice, { client, redirectUri: uri });
    assert.equal(claims?.sub, people.alice.sub);
    assert.equal(redirect.searchParams.get('vscode-path'), '/callback');
    await assert.rejects(authorize(as, people.alice, { redirectUri: uri }), /invalid_redirect_uri/);

    assert.ok(isWebHostRedirectUri(uri.replace('/stable', '/proxy/8080/stable')));
    assert.ok(isWebHostRedirectUri(uri.replace('127.0.0.1', 'editor.localhost')));
    for (const wrong of [
      uri.replace('127.0.0.1', 'example.com'),
      uri.replace('vscode-oidc.oidc-authentication', 'somebody.else'),
      uri.replace('/callback?', '/elsewhere?'),
      uri.replace('stable-0123456789abcdef0123456789abcdef01234567', 'stable'),
      uri.replace('reqid=1', 'reqid=one'),
      `${uri}&next=https://example.com`,
      `${uri}&vscode-reqid=2`,
    ]) {
      assert.equal(isWebHostRedirectUri(wrong), false, wrong);
    }
  });

  it('refuses a request without PKCE', async () => {
    const parameters = { code_challenge: '', code_challenge_method: '' };
    const { redirect } = await authorize(as, people.alice, { parameters });
    assert.equal(redirect.searchParams.get('error'), 'invalid_request');
  });

  it('authenticates its confidential client, for a person and for itself', async () => {
    const { clientId, clientSecret } = provider.clients.editorSecret;
    const client = { client_id: clientId };
    const clientAuth = oauth.ClientSecretBasic(clientSecret);
    const { claims } = await signIn(as, people.bob, { client, clientAuth });
    assert.equal(claims?.sub, people.bob.sub);
    assert.equal(provider.requestsTo(provider.endpoints.token)[0]?.authorization, 'basic');

    const parameters = new URLSearchParams({ scope: 'api:read' });
    const response = await oauth.clientCredentialsGrantRequest(as, client, clientAuth, parameters, http);
    const own = await oauth.processClientCredentialsResponse(as, client, response);
    assert.equal(decodeJwt(own.access_token).sub, clientId);

    const wrong = oauth.ClientSecretBasic('wrong');
    const refused = await oauth.clientCredentialsGrantRequest(as, client, wrong, parameters, http);
    assert.equal(refused.status, 401);
  });

  it('tells the client when consent is denied', async () => {
    const { redirect, state } = await authorize(as, people.bob, { decision: { deny: true } });
    assert.throws(
      () => oauth.validateAuthResponse(as, editor, redirect, state),
      (failure: unknown) =>
        failure instanceof oauth.AuthorizationResponseError && failure.error === 'access_denied',
    );
  });

  it('refuses a wrong password and says so', async () => {
    await assert.rejects(authorize(as, { ...people.alice, password: 'guess' }), /password is wrong/);
  });

  it('remembers a browser that signed in, and asks again where another started', async () => {
    const browser = openBrowser();
    await authorize(as, people.alice, { decision: { browser } });
    const posts = () =>
      provider.requests.filter(({ path, method }) => /^\/interaction\//.test(path) && method === 'POST');
    assert.equal(posts().length, 2, 'login and consent');
    await authorize(as, people.alice, { decision: { browser } });
    assert.equal(posts().length, 3, 'consent only');

    const page = provider.requests.find(({ path }) => path.startsWith('/interaction/'))?.path ?? '';
    const stranger = await fetch(new URL(page, provider.issuer));
    assert.equal(stranger.status, 400);
    assert.match(await stranger.text(), /started in another browser/);
  });

  it('shows pages that a person and a program can both use', async () => {
    const address = new URL(as.authorization_endpoint ?? '');
    const challenge = await oauth.calculatePKCECodeChallenge('v'.repeat(43));
    const query = {
      client_id: 'editor',
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
    };
    address.search = new URLSearchParams({
      ...query,
      login_hint: '"><script>',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }).toString();
    const start = await fetch(address, { redirect: 'manual' });
    const cookie = start.headers
      .getSetCookie()
      .map(line => line.split(';')[0])
      .join('; ');
    const page = await fetch(new URL(start.headers.get('location') ?? '', address), {
      headers: { cookie },
    });
    const html = await page.text();
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    assert.match(html, /<label>User name\s*<input\s+name="login"/);
    assert.match(html, /<label>Password\s*<input\s+name="password"\s+type="password"/);
    assert.match(html, /<button type="submit" name="decision" value="sign-in">Sign in</);
    assert.doesNotMatch(html, /<script>/);
  });

  it('takes pushed authorization requests', async () => {
    const verifier = oauth.generateRandomCodeVerifier();
    const parameters = new URLSearchParams({
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid offline_access',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const pushed = await oauth.pushedAuthorizationRequest(as, editor, noSecret, parameters, http);
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, editor, pushed);
    const address = new URL(as.authorization_endpoint ?? '');
    address.search = new URLSearchParams({ client_id: 'editor', request_uri }).toString();
    const redirect = await signInOverHttp(address, people.alice);
    const callback = oauth.validateAuthResponse(as, editor, redirect);
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      editor,
      noSecret,
      callback,
      redirectUri,
      verifier,
      http,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, editor, response);
    assert.ok(tokens.refresh_token);
  });

  it('ends on request a session that a person has with it', async () => {
    const browser = openBrowser();
    const { tokens } = await signIn(as, people.alice, { decision: { browser } });
    const address = new URL(as.end_session_endpoint ?? '');
    address.search = new URLSearchParams({
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: redirectUri,
      state: 'done',
    }).toString();
    const back = await signInOverHttp(address, people.alice, { browser });
    assert.equal(back.href, `${redirectUri}?state=done`);
    const query = new URLSearchParams({ prompt: 'none', scope: 'openid' });
    const { redirect } = await authorize(as, people.alice, {
      parameters: Object.fromEntries(query),
      decision: { browser },
    });
    assert.equal(redirect.searchParams.get('error'), 'login_required');
  });

  it('registers clients, which can be managed and deleted', async () => {
    const metadata = {
      client_name: 'Registered Editor',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [redirectUri],
    };
    const response = await oauth.dynamicClientRegistrationRequest(as, metadata, http);
    const client = await oauth.processDynamicClientRegistrationResponse(response);
    assert.equal(client.client_secret, undefined);
    const { claims } = await signIn(as, people.bob, { client });
    assert.equal(claims?.aud, client.client_id);

    const address = client['registration_client_uri'] as string;
    const headers = { authorization: `Bearer ${client['registration_access_token'] as string}` };
    const read = (await (await fetch(address, { headers })).json()) as { client_name: string };
    assert.equal(read.client_name, 'Registered Editor');
    assert.equal((await fetch(address, { method: 'DELETE', headers })).status, 204);
    await assert.rejects(authorize(as, people.bob, { client }), /invalid_client/);
  });

  it('asks for the initial access token where registration is not open', async () => {
    const guarded = await startIdentityProvider({ registrationToken: 'let-me-register' });
    try {
      const issuer = await discover(guarded.issuer);
      const metadata = {
        redirect_uris: [redirectUri],
        application_type: 'native',
        token_endpoint_auth_method: 'none',
      };
      const closed = await oauth.dynamicClientRegistrationRequest(issuer, metadata, http);
      assert.equal(closed.status, 401);
      const token = { ...http, initialAccessToken: 'let-me-register' };
      assert.equal((await oauth.dynamicClientRegistrationRequest(issuer, metadata, token)).status, 201);
    } finally {
      await guarded.close();
    }
  });
});
