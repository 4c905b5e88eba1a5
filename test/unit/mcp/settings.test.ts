import assert from 'node:assert/strict';
import { parseMcpServers } from '../../../src/mcp/settings.ts';

const parse = (value: unknown) =>
  parseMcpServers(
    value,
    id => ['oidc', 'club', 'bound'].includes(id),
    id => id === 'bound',
  );

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
