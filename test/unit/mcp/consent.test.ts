import assert from 'node:assert/strict';
import { remembering } from '../../../src/platform/storage.ts';
import { memoryMemento } from '../../standIns/memento.ts';
import { createMcpConsent, type McpTerms } from '../../../src/mcp/consent.ts';
import { boundTo, reachOf, withOwnResource } from '../../../src/mcp/ownResource.ts';
import { mcpServerSchema, parseMcpServers, type McpServer } from '../../../src/mcp/settings.ts';
import type { Yes } from '../../../src/signIn/trust.ts';

const wiki: McpServer = {
  id: 'wiki',
  label: 'Wiki',
  url: 'https://mcp.example.com/wiki/mcp',
  providerId: 'oidc',
  scopes: ['read'],
};

describe('the permission of an MCP server', () => {
  function person(answers: boolean[], memory = new Map<string, unknown>(), writable = true) {
    const storage = memoryMemento(memory);
    if (!writable) storage.trouble = () => 'rejects';
    const asked: (McpTerms | undefined)[] = [];
    const consent = createMcpConsent({
      memory: remembering(storage),
      ask(_server, before) {
        asked.push(before);
        return Promise.resolve((answers.shift() ?? false) as Yes | false);
      },
    });
    return { consent, asked, memory };
  }
  const moved = { ...wiki, url: 'https://other.example/mcp' };

  it('stays what it was after a change was refused', async () => {
    const { consent, asked } = person([true, false]);
    assert.equal(await consent.check(wiki, false), true);
    assert.equal(await consent.check(moved, false), false);
    assert.equal(await consent.check(moved, false), false);
    assert.equal(await consent.check(wiki, false), true);
    assert.deepEqual(
      asked.map(before => before?.url),
      [undefined, wiki.url],
    );
  });

  it('moves with a change that was allowed', async () => {
    const { consent } = person([true, true, false]);
    await consent.check(wiki, false);
    assert.equal(await consent.check(moved, false), true);
    assert.equal(await consent.check(wiki, false), false, 'the way back is asked about');
    assert.deepEqual(
      consent.answers().map(({ id, isAllowed, terms }) => [id, isAllowed, terms.url]),
      [['wiki', true, moved.url]],
    );
  });

  it('knows every setting of an entry: all but the name are agreed to', async () => {
    type Field = keyof typeof mcpServerSchema.entries;
    const common = { url: wiki.url, scopes: ['read'], label: 'Wiki' };
    const changed = { url: 'https://other.example/mcp', scopes: ['write'], label: 'Another' };
    const kinds: readonly (readonly [entry: object, changes: Partial<Record<Field, unknown>>])[] = [
      [
        { ...common, provider: 'oidc' },
        { ...changed, provider: 'other' },
      ],
      [
        { ...common, enterprise: 'company', clientId: 'editor' },
        { ...changed, enterprise: 'other', clientId: 'evil', clientAuthentication: 'client_secret_basic' },
      ],
    ];
    const known = kinds.flatMap(([, changes]) => Object.keys(changes));
    assert.deepEqual([...new Set(known)].sort(), Object.keys(mcpServerSchema.entries).sort());
    // Of the client at the server that the metadata names, the terms of that provider tell.
    const isFree = (field: string): boolean => field === 'label' || field.startsWith('client');
    for (const [entry, changes] of kinds) {
      const read = (more: object): McpServer => {
        const [server] = parseMcpServers({ wiki: { ...entry, ...more } }, { isProvider: () => true }).servers;
        assert.ok(server);
        return server;
      };
      for (const [field, value] of Object.entries(changes)) {
        const { consent, asked } = person([true, false]);
        await consent.check(read({}), false);
        assert.equal(await consent.check(read({ [field]: value }), false), isFree(field), field);
        assert.equal(asked.length, isFree(field) ? 1 : 2, field);
      }
    }
  });

  it('is for one issuer, as its ID can become that of another provider', async () => {
    const provider = { issuer: 'https://login.example.com', resources: [], tokenPerResource: false };
    const other = { ...provider, issuer: 'https://login.other.example' };
    const { consent, asked } = person([true, false, false]);
    assert.equal(await consent.check(boundTo(wiki, provider), false), true);
    assert.equal(await consent.check(boundTo(wiki, other), false), false);
    assert.equal(await consent.check(boundTo(wiki, undefined), false), false);
    assert.equal(await consent.check(boundTo(wiki, provider), false), true);
    assert.deepEqual(
      asked.map(before => before?.issuer),
      [undefined, provider.issuer, provider.issuer],
    );
  });

  it('is asked for once when several want it at once', async () => {
    for (const agrees of [true, false]) {
      const { consent, asked } = person([agrees]);
      assert.deepEqual(await Promise.all([consent.check(wiki, false), consent.check(wiki, false)]), [
        agrees,
        agrees,
      ]);
      assert.equal(asked.length, 1);
    }
  });

  it('counts in another window', async () => {
    const { consent, memory } = person([true]);
    await consent.check(wiki, false);
    assert.equal(await person([], memory).consent.check(wiki, false), true);
  });

  it('counts until the window closes where it cannot be stored', async () => {
    const memory = new Map<string, unknown>();
    const { consent, asked } = person([true], memory, false);
    assert.equal(await consent.check(wiki, false), true);
    assert.equal(await consent.check(wiki, false), true);
    assert.equal(asked.length, 1);
    assert.equal(await person([false], memory, false).consent.check(wiki, false), false);
  });

  it('is none where something else is stored', async () => {
    const { origin, scopes } = { origin: 'https://mcp.example.com', scopes: ['read'] };
    const values = [true, 'yes', null, [], { allowed: true }, { allowed: { origin, scopes } }];
    for (const value of values) {
      const { consent, asked } = person([false], new Map([['mcp/wiki', value]]));
      assert.equal(await consent.check(wiki, false), false);
      assert.equal(asked.length, 1);
    }
  });

  it('that is taken back is a refusal; a refusal cannot be taken back into one', async () => {
    const { consent, asked } = person([true]);
    await consent.check(wiki, false);
    consent.refuse('wiki');
    consent.refuse('nobody');
    assert.equal(await consent.check(wiki, false), false);
    assert.equal(asked.length, 1);
    assert.deepEqual(
      consent.answers().map(({ id, isAllowed }) => [id, isAllowed]),
      [['wiki', false]],
    );
  });
});

describe('whom the token of an MCP server is for', () => {
  const none = { resources: [], tokenPerResource: false };
  const asked = (resources: string[], tokenPerResource: boolean, scopes = wiki.scopes) =>
    withOwnResource({ ...wiki, scopes }, { resources, tokenPerResource }).scopes;

  it('is left to a provider that is not known to give tokens for a resource', () => {
    assert.deepEqual(withOwnResource(wiki, undefined), wiki);
    assert.deepEqual(withOwnResource(wiki, none), wiki);
    assert.deepEqual(reachOf(wiki), { targets: [], isOwn: false });
  });

  it('is the server where the provider gives tokens for a resource', () => {
    for (const [resources, perResource] of [
      [[], true],
      [['https://api.example.com'], false],
      [['https://mcp.example.com/wik'], true],
      [['https://mcp.example.com.evil.example'], true],
    ] as const) {
      assert.deepEqual(asked([...resources], perResource), ['read', `resource:${wiki.url}`]);
    }
  });

  it('is the closest resource of the provider that the server is part of', () => {
    const resources = ['https://mcp.example.com', 'https://mcp.example.com/wiki', 'https://api.example.com'];
    assert.deepEqual(asked(resources, true), ['read', 'resource:https://mcp.example.com/wiki']);
  });

  it('stays what the entry says', () => {
    const scopes = ['read', 'audience:api'];
    assert.deepEqual(asked([], true, scopes), scopes);
  });

  const reaches: [scopes: string[], isOwn: boolean][] = [
    [[`resource:${wiki.url}`], true],
    [['resource:https://mcp.example.com'], true],
    [['resource:https://mcp.example.com/'], true],
    [['resource:https://mcp.example.com/wiki/'], true],
    [['resource:https://mcp.example.com/wiki/mcp/other'], false],
    [['resource:https://mcp.example.com/wiki?x'], false],
    [['resource:http://mcp.example.com'], false],
    [['resource:https://mcp.example.com:8443'], false],
    [['resource:urn:wiki'], false],
    [['audience:wiki'], false],
    [[`resource:${wiki.url}`, 'audience:wiki'], false],
    [[`resource:${wiki.url}`, 'resource:https://api.example.com'], false],
  ];
  for (const [scopes, isOwn] of reaches) {
    it(`is ${isOwn ? '' : 'not '}the server alone with ${scopes.join(' ')}`, () => {
      assert.equal(reachOf({ ...wiki, scopes }).isOwn, isOwn);
    });
  }
});
