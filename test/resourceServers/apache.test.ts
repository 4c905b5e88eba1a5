import assert from 'node:assert/strict';
import type * as oauth from 'oauth4webapi';
import { startApache, type Apache } from '../servers/resourceServers/apache.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../servers/identityProvider/identityProvider.ts';
import { people, type Person } from '../servers/identityProvider/people.ts';
import { discover, signIn } from '../servers/referenceClient.ts';

describe('Apache httpd with mod_auth_openidc', function () {
  // The first run may have to install it.
  this.timeout(180_000);
  let provider: IdentityProvider;
  let as: oauth.AuthorizationServer;
  let apache: Apache;

  before(async () => {
    provider = await startIdentityProvider();
    as = await discover(provider.issuer);
    apache = await startApache(provider);
  });
  after(async () => {
    await apache?.close();
    await provider?.close();
  });
  beforeEach(() => {
    Object.assign(provider.settings, { accessTokens: 'opaque', accessTokenLifetime: 3600 });
  });

  const tokenOf = async (person: Person = people.alice): Promise<string> => {
    const { tokens } = await signIn(as, person, { scope: 'openid profile groups offline_access' });
    return tokens.access_token;
  };
  const ask = (url: string, token?: string): Promise<Response> =>
    fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

  /** Waits until a token of one second has ended. */
  const ended = async (): Promise<string> => {
    provider.settings.accessTokenLifetime = 1;
    const token = await tokenOf();
    await new Promise(resolve => setTimeout(resolve, 2100));
    return token;
  };

  for (const place of ['introspecting', 'merging'] as const) {
    describe(place === 'introspecting' ? 'by introspection' : 'by introspection merged with UserInfo', () => {
      it('accepts a token, and knows whose it is', async () => {
        const response = await ask(apache[place], await tokenOf());
        assert.equal(response.status, 200, await apache.log());
        assert.equal(response.headers.get('x-remote-user'), people.alice.sub);
        assert.equal(await response.text(), 'welcome');
      });

      it('refuses no token, and one that nobody gave out', async () => {
        assert.equal((await ask(apache[place])).status, 401);
        const response = await ask(apache[place], 'invented');
        assert.equal(response.status, 401);
        assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token"/);
      });

      it('refuses one that has ended', async () => {
        assert.equal((await ask(apache[place], await ended())).status, 401);
      });

      it('refuses one that was revoked, at once', async () => {
        const token = await tokenOf();
        assert.equal((await ask(apache[place], token)).status, 200);
        provider.revokeEverything(people.alice.sub);
        assert.equal((await ask(apache[place], token)).status, 401);
      });
    });
  }

  describe('with a group that is needed', () => {
    it('lets its members in', async () => {
      const response = await ask(`${apache.merging}/leads/`, await tokenOf(people.alice));
      assert.equal(response.status, 200, await apache.log());
    });

    it('refuses others, with a 401 that names no reason', async () => {
      const token = await tokenOf(people.bob);
      assert.equal((await ask(apache.merging, token)).status, 200);
      const response = await ask(`${apache.merging}/leads/`, token);
      assert.equal(response.status, 401);
      assert.doesNotMatch(response.headers.get('www-authenticate') ?? '', /insufficient/);
    });

    it('does not find the group in plain introspection', async () => {
      assert.equal((await ask(`${apache.introspecting}/leads/`, await tokenOf(people.alice))).status, 401);
    });
  });

  describe('by the keys of the provider', () => {
    beforeEach(() => {
      provider.settings.accessTokens = 'jwt';
    });

    it('accepts a token, and knows whose it is, without asking the provider', async () => {
      const token = await tokenOf();
      const before = provider.requestsTo(provider.endpoints.introspection).length;
      const response = await ask(apache.verifying, token);
      assert.equal(response.status, 200, await apache.log());
      assert.equal(response.headers.get('x-remote-user'), people.alice.sub);
      assert.equal(provider.requestsTo(provider.endpoints.introspection).length, before);
    });

    it('refuses one that has ended, one that was changed, and one that is opaque', async () => {
      assert.equal((await ask(apache.verifying, await ended())).status, 401);
      provider.settings.accessTokenLifetime = 3600;
      const token = await tokenOf();
      const [head = '', payload = '', signature = ''] = token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
      const changed = Buffer.from(JSON.stringify({ ...claims, sub: people.bob.sub })).toString('base64url');
      assert.equal((await ask(apache.verifying, `${head}.${changed}.${signature}`)).status, 401);
      provider.settings.accessTokens = 'opaque';
      assert.equal((await ask(apache.verifying, await tokenOf())).status, 401);
    });
  });
});
