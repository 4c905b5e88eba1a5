import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { deviceCodeGrant, editorRedirectUris, isWebHostRedirectUri } from '../servers/clients.ts';
import { startFaultyIdentityProvider, type FaultyIdentityProvider } from '../servers/faultProxy.ts';
import { startIdentityProvider, type IdentityProvider } from '../servers/identityProvider.ts';
import { people } from '../servers/people.ts';
import { approveDevice, openBrowser, signInOverHttp } from '../servers/person.ts';
import {
  authorize,
  discover,
  editor,
  http,
  noSecret,
  redirectUri,
  refresh,
  signIn,
} from '../servers/referenceClient.ts';
import { startResourceServer, type Caller, type ResourceServer } from '../servers/resourceServer.ts';
import { apiResource, reportsResource } from '../servers/resources.ts';

const refusedWith = (error: string) => (failure: unknown) =>
  failure instanceof oauth.ResponseBodyError && failure.error === error;

const askAs = (url: string, token: string | undefined) =>
  fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

describe('test servers', () => {
  let provider: IdentityProvider;
  let as: oauth.AuthorizationServer;

  beforeEach(async () => {
    provider = await startIdentityProvider();
    as = await discover(provider.issuer);
  });

  afterEach(async () => {
    await provider.close();
    assert.deepEqual(provider.failures, [], 'the provider itself never failed');
  });

  describe('identity provider', () => {
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

    it('keeps offline_access without prompt=consent, and gives no refresh token without it', async () => {
      const offline = await signIn(as, people.alice, { scope: 'openid offline_access' });
      assert.ok(offline.tokens.refresh_token);
      const online = await signIn(as, people.alice, { scope: 'openid' });
      assert.equal(online.tokens.refresh_token, undefined);
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

    it('knows extra clients, and does not mix up two providers', async () => {
      const other = await startIdentityProvider({
        clients: [
          {
            client_id: 'mine',
            redirect_uris: [redirectUri],
            application_type: 'native',
            token_endpoint_auth_method: 'none',
          },
        ],
      });
      try {
        const { claims } = await signIn(await discover(other.issuer), people.bob, {
          client: { client_id: 'mine' },
        });
        assert.equal(claims?.iss, other.issuer);
        assert.equal(provider.requestsTo(provider.endpoints.token).length, 0);
        await assert.rejects(authorize(as, people.bob, { client: { client_id: 'mine' } }), /invalid_client/);
      } finally {
        await other.close();
      }
    });

    it('is gone once closed, and its port can be used again', async () => {
      const first = await startIdentityProvider();
      const port = Number(new URL(first.issuer).port);
      await discover(first.issuer);
      await first.close();
      await first.close();
      await assert.rejects(fetch(first.issuer));
      const second = await startIdentityProvider({ port });
      assert.equal(second.issuer, first.issuer);
      await second.close();
    });

    it('can carry another name than the address it binds to', async () => {
      const named = await startIdentityProvider({ host: 'idp.localhost' });
      try {
        assert.equal(named.issuer, named.address.replace('127.0.0.1', 'idp.localhost'));
        const metadata = (await (await fetch(`${named.address}${named.endpoints.configuration}`)).json()) as {
          issuer: string;
        };
        assert.equal(metadata.issuer, named.issuer);
      } finally {
        await named.close();
      }
    });

    it('runs alone, prints its issuer and nothing else, and ends with its parent', async () => {
      const program = fileURLToPath(new URL('../servers/identityProvider.ts', import.meta.url));
      const child = spawn(process.execPath, [program, '--port', '0'], { stdio: 'pipe' });
      let printed = '';
      let complaints = '';
      child.stderr.on('data', chunk => (complaints += String(chunk)));
      const ended = once(child, 'close');
      try {
        await new Promise<void>((resolve, reject) => {
          child.once('close', () => {
            reject(new Error(complaints));
          });
          child.stdout.on('data', chunk => {
            printed += String(chunk);
            if (printed.includes('\n')) {
              resolve();
            }
          });
        });
        const issuer = printed.trim();
        await signIn(await discover(issuer), people.alice);
        child.stdin.end();
        assert.deepEqual(await ended, [0, null]);
        assert.equal(printed, `${issuer}\n`);
        assert.equal(complaints, '');
      } finally {
        child.kill();
      }
    });
  });

  describe('device flow', () => {
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

  describe('resource server', () => {
    let resource: ResourceServer;
    let time: number;

    beforeEach(async () => {
      time = Date.now();
      resource = await startResourceServer({ issuer: provider.issuer, now: () => time });
    });

    afterEach(() => resource.close());

    it('says who is calling', async () => {
      const { tokens } = await signIn(as, people.alice, { scope: 'openid profile api:read' });
      const response = await askAs(`${resource.url}/whoami`, tokens.access_token);
      assert.equal(response.status, 200);
      const caller = (await response.json()) as Caller;
      assert.deepEqual(caller, {
        sub: people.alice.sub,
        name: 'Alice Liddell',
        scopes: ['openid', 'profile', 'api:read'],
      });
      assert.deepEqual(
        resource.requestsTo('/whoami').map(({ authorization, status }) => ({ authorization, status })),
        [{ authorization: 'bearer', status: 200 }],
      );
    });

    it('challenges a call without a token, naming no error', async () => {
      const response = await askAs(`${resource.url}/whoami`, undefined);
      assert.equal(response.status, 401);
      assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="test"');
    });

    it('refuses what is no access token of this issuer for this audience', async () => {
      const { tokens } = await signIn(as, people.alice);
      const elsewhere = await signIn(as, people.alice, { parameters: { resource: reportsResource } });
      const [header, payload, signature] = tokens.access_token.split('.');
      const forged = [
        header,
        Buffer.from(JSON.stringify({ ...decodeJwt(tokens.access_token), sub: 'root' })).toString('base64url'),
        signature,
      ];
      assert.notEqual(forged[1], payload);
      for (const [what, token] of [
        ['not a token', 'not-a-token'],
        ['an ID token', tokens.id_token],
        ['for another audience', elsewhere.tokens.access_token],
        ['changed', forged.join('.')],
      ] as const) {
        const response = await askAs(`${resource.url}/whoami`, token);
        assert.equal(response.status, 401, what);
        assert.match(
          response.headers.get('www-authenticate') ?? '',
          /^Bearer realm="test", error="invalid_token"/,
          what,
        );
      }
    });

    it('refuses an ID token even if it is the audience', async () => {
      const { tokens } = await signIn(as, people.alice);
      const mistaken = await startResourceServer({ issuer: provider.issuer, audience: 'editor' });
      try {
        assert.equal((await askAs(`${mistaken.url}/whoami`, tokens.id_token)).status, 401);
      } finally {
        await mistaken.close();
      }
    });

    it('refuses an access token from the moment it expires', async () => {
      const { tokens } = await signIn(as, people.alice);
      const expiry = (decodeJwt(tokens.access_token).exp ?? 0) * 1000;
      time = expiry - 1000;
      assert.equal((await askAs(`${resource.url}/whoami`, tokens.access_token)).status, 200);
      time = expiry;
      assert.equal((await askAs(`${resource.url}/whoami`, tokens.access_token)).status, 401);
    });

    it('asks for the scope that is missing; only a lead is granted it', async () => {
      const plain = await signIn(as, people.alice, { scope: 'openid' });
      const refused = await askAs(`${resource.url}/admin`, plain.tokens.access_token);
      assert.equal(refused.status, 403);
      assert.equal(
        refused.headers.get('www-authenticate'),
        'Bearer realm="test", error="insufficient_scope", scope="admin"',
      );
      const alice = await signIn(as, people.alice, { scope: 'openid admin' });
      assert.equal((await askAs(`${resource.url}/admin`, alice.tokens.access_token)).status, 200);
      const bob = await signIn(as, people.bob, { scope: 'openid admin' });
      assert.equal(bob.tokens.scope, 'openid');
      assert.equal((await askAs(`${resource.url}/admin`, bob.tokens.access_token)).status, 403);
    });

    it('does not blame the token when the issuer is gone', async () => {
      const { tokens } = await signIn(as, people.alice);
      await provider.close();
      assert.equal((await askAs(`${resource.url}/whoami`, tokens.access_token)).status, 503);
    });
  });

  describe('fault proxy', () => {
    let faulty: FaultyIdentityProvider;
    let metadata: oauth.AuthorizationServer;
    const token = '/token';

    beforeEach(async () => {
      faulty = await startFaultyIdentityProvider();
      metadata = await discover(faulty.issuer);
    });

    afterEach(async () => {
      await faulty.close();
      assert.deepEqual(faulty.failures, []);
    });

    it('is the issuer, and passes a whole sign-in unchanged', async () => {
      assert.equal(faulty.issuer, faulty.proxy.url);
      assert.equal(metadata.token_endpoint, `${faulty.proxy.url}${token}`);
      const { claims } = await signIn(metadata, people.alice);
      assert.equal(claims?.iss, faulty.proxy.url);
      assert.deepEqual(faulty.proxy.requestsTo(token), [{ method: 'POST', path: token, fault: undefined }]);
    });

    it('loses the request, or the answer after the server has acted on it', async () => {
      const { tokens } = await signIn(metadata, people.alice);
      const before = faulty.requestsTo(token).length;
      faulty.proxy.on(token, { kind: 'resetBeforeForwarding' });
      await assert.rejects(refresh(metadata, tokens.refresh_token), TypeError);
      assert.equal(faulty.requestsTo(token).length, before);

      const lost = faulty.proxy.on(token, { kind: 'resetAfterAnswer' });
      await assert.rejects(refresh(metadata, tokens.refresh_token), TypeError);
      assert.equal(lost.hits, 1);
      assert.equal(faulty.requestsTo(token).at(-1)?.status, 200);
      await assert.rejects(refresh(metadata, tokens.refresh_token), refusedWith('invalid_grant'));
    });

    it('holds a request or its answer back until the test lets go', async () => {
      for (const what of ['request', 'answer'] as const) {
        const { tokens } = await signIn(metadata, people.alice);
        const before = faulty.requestsTo(token).length;
        const gate = Promise.withResolvers<undefined>();
        const held = faulty.proxy.on(token, { kind: 'delay', until: gate.promise, what });
        const refreshed = refresh(metadata, tokens.refresh_token);
        await held.met;
        assert.equal(faulty.requestsTo(token).length, what === 'request' ? before : before + 1);
        gate.resolve(undefined);
        assert.ok((await refreshed).access_token);
        assert.equal(faulty.requestsTo(token).length, before + 1);
      }
    });

    it('answers by itself, once or until it is told to stop', async () => {
      const { tokens } = await signIn(metadata, people.alice);
      const ask = () =>
        oauth.refreshTokenGrantRequest(metadata, editor, noSecret, tokens.refresh_token ?? '', http);
      faulty.proxy.on(token, { kind: 'status', status: 429, headers: { 'Retry-After': '7' } });
      const down = faulty.proxy.on('*', { kind: 'status', status: 503, body: 'down' }, { sticky: true });
      const first = await ask();
      assert.equal(first.status, 429);
      assert.equal(first.headers.get('retry-after'), '7');
      for (let count = 0; count < 2; count++) {
        const next = await ask();
        assert.equal(next.status, 503);
        assert.equal(await next.text(), 'down');
      }
      assert.equal(down.hits, 2);
      down.remove();
      assert.equal((await ask()).status, 200);
    });

    it('replaces or cuts off what the server answers', async () => {
      const address = `${faulty.issuer}${faulty.endpoints.configuration}`;
      faulty.proxy.on(faulty.endpoints.configuration, {
        kind: 'replace',
        body: original => original.replace(`"issuer":"${faulty.issuer}"`, '"issuer":"https://evil.example"'),
      });
      assert.equal(
        ((await (await fetch(address)).json()) as { issuer: string }).issuer,
        'https://evil.example',
      );
      faulty.proxy.on(faulty.endpoints.configuration, {
        kind: 'replace',
        body: '<p>hello',
        contentType: 'text/html',
      });
      const page = await fetch(address);
      assert.equal(page.headers.get('content-type'), 'text/html');
      assert.equal(await page.text(), '<p>hello');
      faulty.proxy.on(faulty.endpoints.configuration, { kind: 'truncate', bytes: 10 });
      const cut = await fetch(address);
      assert.equal(cut.status, 200);
      await assert.rejects(cut.text(), TypeError);
      assert.equal((await fetch(address)).status, 200);
    });

    it('closes although a request is still held back', async () => {
      const held = faulty.proxy.on('*', { kind: 'delay', until: new Promise(() => undefined) });
      const waiting = fetch(`${faulty.issuer}/jwks`);
      await held.met;
      await faulty.close();
      await assert.rejects(waiting, TypeError);
    });
  });
});
