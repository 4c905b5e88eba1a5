import assert from 'node:assert/strict';
import { parseMcpServers } from '../../../src/mcp/settings.ts';

const parse = (value: unknown) =>
  parseMcpServers(value, {
    isProvider: id => ['oidc', 'club', 'bound', 'made'].includes(id),
    bindsTokens: id => id === 'bound',
    isTaken: id => ['club', 'bound'].includes(id),
  });

describe('the setting oidc.mcpServers', () => {
  const url = 'https://mcp.example.com/mcp';

  it('is empty if it is not there', () => {
    assert.deepEqual(parse(undefined), { servers: [], problems: [] });
    assert.deepEqual(parse({}), { servers: [], problems: [] });
  });

  it('names servers; what an entry leaves out has a default', () => {
    const { servers, problems } = parse({
      wiki: { url },
      tickets: {
        url: 'http://localhost:3000/mcp',
        provider: 'club',
        scopes: ['tickets:read'],
        label: 'Tickets',
      },
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(servers, [
      { id: 'wiki', label: 'wiki', url, providerId: 'oidc', scopes: [] },
      {
        id: 'tickets',
        label: 'Tickets',
        url: 'http://localhost:3000/mcp',
        providerId: 'club',
        scopes: ['tickets:read'],
      },
    ]);
  });

  const wrong: [what: string, entry: unknown, field: string | undefined, reason: RegExp][] = [
    ['no address', {}, 'url', /^is missing$/],
    ['an address that is no text', { url: 7 }, 'url', /^must be a string$/],
    ['an address that is none', { url: 'mcp' }, 'url', /full https URL.*isn’t a complete URL/],
    ['plain http', { url: 'http://mcp.example.com/' }, 'url', /https/],
    ['plain http to what looks local', { url: 'http://localhost.example.com/' }, 'url', /https/],
    ['plain http by a name that the editor’s proxy gets', { url: 'http://mcp.localhost/' }, 'url', /https/],
    ['a command', { url: 'file:///bin/sh' }, 'url', /https/],
    ['a password', { url: 'https://a:b@mcp.example.com/' }, 'url', /user name or password/],
    ['a fragment', { url: `${url}#x` }, 'url', /fragment/],
    ['a provider that there is not', { url, provider: 'nobody' }, 'provider', /“nobody”.*oidc\.providers/],
    ['a provider whose tokens need proofs', { url, provider: 'bound' }, 'provider', /“bound”.*"dpop"/],
    ['a malformed provider', { url, provider: '../x' }, 'provider', /^must be 1 to 64/],
    ['scopes in one text', { url, scopes: 'a b' }, 'scopes', /^must be an array$/],
    ['a scope with a space', { url, scopes: ['a b'] }, 'scopes.0', /^must be a scope/],
    ['a header of one’s own', { url, headers: { a: 'b' } }, 'headers', /^isn’t a known MCP server setting$/],
    [
      'a company that there is not',
      { url, enterprise: 'x', clientId: 'a' },
      'enterprise',
      /“x”.*oidc\.providers/,
    ],
    [
      'a company and a provider',
      { url, enterprise: 'oidc', provider: 'club', clientId: 'a' },
      'provider',
      /"enterprise"/,
    ],
    [
      'a company without a client',
      { url, enterprise: 'oidc' },
      'clientId',
      /^is missing: "enterprise" needs/,
    ],
    [
      'a client without a company',
      { url, clientId: 'a' },
      'clientId',
      /^has no effect without "enterprise"$/,
    ],
    [
      'its authentication',
      { url, clientAuthentication: 'none' },
      'clientAuthentication',
      /^has no effect without/,
    ],
    [
      'another way to authenticate',
      { url, enterprise: 'oidc', clientId: 'a', clientAuthentication: 'password' },
      'clientAuthentication',
      /^must be /,
    ],
    ['no object', url, undefined, /^must be an object$/],
  ];
  for (const [what, entry, field, reason] of wrong) {
    it(`refuses ${what}, and keeps the others`, () => {
      const { servers, problems } = parse({ wrong: entry, wiki: { url } });
      assert.deepEqual(
        servers.map(({ id }) => id),
        ['wiki'],
      );
      assert.equal(problems[0]?.providerId, 'wrong');
      assert.equal(problems[0]?.field, field);
      assert.match(problems[0]?.reason ?? '', reason);
    });
  }

  it('names a server by the company’s provider, with the client that there is at the other', () => {
    const { servers, problems } = parse({
      wiki: { url, enterprise: 'oidc', clientId: 'editor', scopes: ['read'] },
      made: {
        url,
        enterprise: 'club',
        clientId: 'editor',
        clientAuthentication: 'client_secret_post',
        label: 'M',
      },
    });
    assert.deepEqual(problems, []);
    assert.partialDeepStrictEqual(servers, [
      { id: 'wiki', providerId: 'wiki', enterprise: { from: 'oidc', clientId: 'editor', scopes: ['read'] } },
      { id: 'made', providerId: 'made', enterprise: { clientAuthentication: 'client_secret_post' } },
    ]);
  });

  for (const id of ['oidc', 'club'])
    it(`refuses the ID of another provider (${id}) for a server that becomes one`, () => {
      const { servers, problems } = parse({ [id]: { url, enterprise: 'bound', clientId: 'editor' } });
      assert.deepEqual(servers, []);
      assert.match(problems[0]?.reason ?? '', /^has the ID of an identity provider/);
    });

  it('refuses a server that would be its own company', () => {
    const { problems } = parse({ made: { url, enterprise: 'made', clientId: 'editor' } });
    assert.match(problems[0]?.reason ?? '', /^has the ID of an identity provider/);
  });

  it('refuses a second server of the same label: the editor could not tell them apart', () => {
    const { servers, problems } = parse({ wiki: { url }, other: { url, label: 'wiki' } });
    assert.deepEqual(
      servers.map(({ id }) => id),
      ['wiki'],
    );
    assert.equal(problems[0]?.field, 'label');
  });

  it('refuses a malformed id, and what is no object at all', () => {
    assert.match(parse({ 'a b': { url } }).problems[0]?.reason ?? '', /^The ID must be/);
    for (const value of [[], 'x', null]) {
      assert.match(parse(value).problems[0]?.reason ?? '', /must be an object/);
    }
  });
});
