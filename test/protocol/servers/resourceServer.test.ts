import assert from 'node:assert/strict';
import { decodeJwt } from 'jose';
import type * as oauth from 'oauth4webapi';
import type { IdentityProvider } from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { signIn } from '../../servers/referenceClient.ts';
import {
  startResourceServer,
  type Caller,
  type ResourceServer,
} from '../../servers/resourceServers/resourceServer.ts';
import { reportsResource } from '../../servers/identityProvider/resources.ts';
import { forEachTest } from './started.ts';

const askAs = (url: string, token: string | undefined) =>
  fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

describe('the resource server of the tests', () => {
  let provider: IdentityProvider;
  let as: oauth.AuthorizationServer;
  forEachTest(started => ({ provider, as } = started));

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
