import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { mcpTermsOf } from '../../../../src/mcp/consent.ts';
import type { McpServer } from '../../../../src/mcp/settings.ts';
import { assertingClient } from '../../../servers/identityProvider/assertions/assertingProvider.ts';
import { startCompanies, type Companies } from '../../../servers/identityProvider/assertions/companies.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { startMcpServer, type ProtectedMcpServer } from '../../../servers/resourceServers/mcpServer.ts';
import { manualClock } from '../../../standIns/manualClock.ts';
import { signInTrial, until } from '../../signingIn.ts';
import { failsWith, given } from '../serviceTrials.ts';
import { signedInElsewhere } from '../signedInElsewhere.ts';
import { enterpriseWindow } from './enterpriseTrials.ts';

describe('an MCP server whose metadata names its authorization server', () => {
  const resources: string[] = [];
  let companies: Companies;
  let evil: Companies;
  let server: ProtectedMcpServer;
  before(async () => {
    companies = await startCompanies(resources);
    evil = await startCompanies([]);
    server = await startMcpServer({ issuer: companies.other.issuer, isAudience: true });
    resources.push(server.url);
  });
  beforeEach(() => {
    for (const name of Object.keys(server.metadata)) delete server.metadata[name];
    server.metadata['scopes_supported'] = ['tools:read', 'tools:write'];
  });
  after(async () => {
    await server.close();
    await evil.close();
    await companies.close();
  });

  /** Somebody who is signed in to their company. */
  async function somebody(entry: object = {}, more: NonNullable<Parameters<typeof signInTrial>[0]> = {}) {
    const { home, other } = companies;
    const source = { issuer: home.issuer, clientId: assertingClient };
    const { findSubject } = await signedInElsewhere(source, 'alice');
    const clientSecret = () => Promise.resolve(given(other.client.secret));
    const trial = signInTrial({ findSubject, clientSecret, ...more });
    const window = enterpriseWindow(trial, {
      providers: { company: { ...source, label: 'Company', allowLoopbackHttp: true } },
      mcpServers: {
        wiki: {
          url: server.url,
          enterprise: 'company',
          clientId: other.client.id,
          clientAuthentication: 'client_secret_basic',
          ...entry,
        },
      },
    });
    return { trial, ...window };
  }

  /** Who the server says is calling, with the token that it gets now. */
  async function whoami(
    { trial, providers }: Awaited<ReturnType<typeof somebody>>,
    allowed: McpServer | undefined,
  ): Promise<string> {
    const provider = providers.byId('wiki');
    assert.ok(provider && allowed);
    const grant = await trial.signIn(provider, { scopes: allowed.scopes });
    const headers = { authorization: `Bearer ${grant.tokens.accessToken.reveal()}` };
    const client = new Client({ name: 'editor', version: '1' });
    const requestInit = { headers };
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit }));
    try {
      const { content } = await client.callTool({ name: 'whoami', arguments: {} });
      return (content as { text: string }[])[0]?.text ?? '';
    } finally {
      await client.close();
    }
  }

  const sentTo = ({ home, other }: Companies): number => home.exchanges.length + other.requests.length;

  it('lets in whom the company asserts, and the settings name neither server, resource nor scopes', async () => {
    const person = await somebody();
    const before = server.requests.length;
    const allowed = await person.start('wiki');
    assert.ok(server.requests.slice(before).every(({ token }) => token === undefined));
    assert.equal(await whoami(person, allowed), `${people.alice.sub} with tools:read tools:write`);
    assert.deepEqual(person.trial.opened, []);
    const { audience, resource, scope } = companies.home.exchanges.at(-1) ?? {};
    assert.deepEqual(
      [audience, resource, scope],
      [companies.other.issuer, server.url, 'tools:read tools:write'],
    );
  });

  it('is for the scopes of the settings, where these name some', async () => {
    const person = await somebody({ scopes: ['tools:read'] });
    const allowed = await person.start('wiki');
    assert.equal(await whoami(person, allowed), `${people.alice.sub} with tools:read`);
  });

  it('asks for the server by its name, and before that sends it nothing', async () => {
    const person = await somebody();
    person.person.agrees = false;
    const sent = sentTo(companies);
    assert.equal(await person.start('wiki'), undefined);
    const [{ server: asked, before } = assert.fail('nobody was asked')] = person.asked;
    assert.deepEqual(
      [mcpTermsOf(asked), before],
      [
        {
          url: server.url,
          provider: 'wiki',
          issuer: companies.other.issuer,
          scopes: ['tools:read', 'tools:write'],
          targets: [server.url],
          enterprise: 'company',
        },
        undefined,
      ],
    );
    assert.equal(sentTo(companies), sent);
    assert.equal(person.providers.byId('wiki'), undefined, 'nobody can sign in to it');
    person.person.agrees = true;
    assert.equal(await person.start('wiki'), undefined, 'a refusal counts');
    assert.ok(await person.start('wiki', true));
    assert.equal(person.providers.byId('wiki')?.issuer, companies.other.issuer);
  });

  it('that names another authorization server later gets nothing there before somebody agrees', async () => {
    const person = await somebody();
    await person.start('wiki');
    const sent = sentTo(evil);
    server.metadata['authorization_servers'] = [evil.other.issuer];
    person.person.agrees = false;
    assert.equal(await person.start('wiki'), undefined);
    assert.deepEqual(
      person.asked.map(({ server: { issuer }, before }) => [issuer, before?.issuer]),
      [
        [companies.other.issuer, undefined],
        [evil.other.issuer, companies.other.issuer],
      ],
    );
    await person.readProviders();
    assert.equal(person.providers.byId('wiki')?.issuer, companies.other.issuer);
    assert.equal(sentTo(evil), sent);
    person.person.agrees = true;
    await person.start('wiki', true);
    assert.equal(person.providers.byId('wiki')?.issuer, evil.other.issuer);
  });

  it('keeps to the one that was agreed to, while it is among those named', async () => {
    const person = await somebody();
    await person.start('wiki');
    server.metadata['authorization_servers'] = [evil.other.issuer, companies.other.issuer];
    const allowed = await person.start('wiki');
    assert.deepEqual([allowed?.issuer, person.asked.length], [companies.other.issuer, 1]);
  });

  it('that names other scopes later is asked about again', async () => {
    const person = await somebody();
    await person.start('wiki');
    server.metadata['scopes_supported'] = ['tools:read', 'tools:write', 'admin'];
    await person.start('wiki');
    assert.deepEqual(person.asked[1]?.before?.scopes, ['tools:read', 'tools:write']);
    assert.deepEqual(person.providers.byId('wiki')?.scopes, ['tools:read', 'tools:write', 'admin']);
  });

  it('cannot have a token for another target than a resource of its own', async () => {
    server.metadata['scopes_supported'] = ['tools:read', 'resource:https://bank.example', 'audience:bank'];
    const allowed = await (await somebody()).start('wiki');
    assert.deepEqual(allowed?.scopes, ['tools:read', `resource:${server.url}`]);
  });

  const unusable: [what: string, metadata: Record<string, unknown>, reason: RegExp][] = [
    ['another resource', { resource: 'https://bank.example/api' }, /names no authorization server/],
    ['a resource below it', { resource: 'SERVER/admin' }, /names no authorization server/],
    ['none', { authorization_servers: [] }, /names no authorization server/],
    ['no text', { authorization_servers: [7] }, /names no authorization server/],
    [
      'one over plain http',
      { authorization_servers: ['http://login.example.com'] },
      /names no authorization/,
    ],
    ['a metadata service', { authorization_servers: ['http://169.254.169.254'] }, /names no authorization/],
    ['a command', { authorization_servers: ['command:evil'] }, /names no authorization server/],
    [
      'an address with a query',
      { authorization_servers: ['https://login.example.com/?tenant=1'] },
      /login\.example\.com.*can’t be used/,
    ],
  ];
  for (const [what, metadata, reason] of unusable)
    it(`that names ${what} isn’t started, and nobody is asked`, async () => {
      const written = JSON.stringify(metadata).replaceAll('SERVER', server.url);
      Object.assign(server.metadata, JSON.parse(written));
      const person = await somebody();
      await assert.rejects(person.start('wiki'), { name: 'NotEnterprise', message: reason });
      assert.deepEqual([person.asked, person.providers.byId('wiki')], [[], undefined]);
    });

  it('elsewhere cannot send anybody to a server on this computer', async () => {
    const url = 'https://mcp.example.com/mcp';
    const authorization_servers = [companies.other.issuer];
    const person = await somebody(
      { url },
      { fetch: () => Promise.resolve(Response.json({ resource: url, authorization_servers })) },
    );
    await assert.rejects(person.start('wiki'), {
      message: /^The metadata of mcp\.example\.com names no auth/,
    });
  });

  it('that is down is named', async () => {
    const url = 'https://mcp.example.com/mcp';
    const down = () => Promise.reject(new TypeError('fetch failed'));
    const person = await somebody({ url }, { fetch: down });
    await assert.rejects(person.start('wiki'), failsWith('unreachable', /mcp\.example\.com/));
  });

  it('that never responds is named after a while', async () => {
    const clock = manualClock();
    let isAsked = false;
    const person = await somebody(
      {},
      {
        clock,
        fetch: (_, init) =>
          new Promise((_resolve, reject) => {
            isAsked = true;
            init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error));
          }),
      },
    );
    const started = assert.rejects(person.start('wiki'), {
      name: 'NotEnterprise',
      message: `${new URL(server.url).host} didn’t respond in time.`,
    });
    await until(() => isAsked);
    await clock.advance(11_000);
    await started;
  });

  for (const [what, change] of [
    ['the server', { url: 'https://mcp.example.com/other' }],
    ['the company', { enterprise: 'other' }],
  ] as const)
    it(`is no provider any more once the settings name another one as ${what}`, async () => {
      const person = await somebody();
      await person.start('wiki');
      person.settings.mcpServers['wiki'] = { ...person.settings.mcpServers['wiki'], ...change };
      await person.readProviders();
      assert.equal(person.providers.byId('wiki'), undefined);
    });

  it('has another client there only if somebody agrees to that', async () => {
    const person = await somebody();
    await person.start('wiki');
    const { terms } = person.providers.byId('wiki') ?? {};
    for (const change of [{ clientId: 'evil' }, { clientAuthentication: 'client_secret_post' }]) {
      person.settings.mcpServers['wiki'] = { ...person.settings.mcpServers['wiki'], ...change };
      await person.readProviders();
      assert.notEqual(person.providers.byId('wiki')?.terms, terms);
    }
  });

  it('never takes the place of a provider in the settings', async () => {
    const person = await somebody();
    await person.start('wiki');
    const own = { issuer: companies.other.issuer, clientId: 'own', allowLoopbackHttp: true };
    person.settings.providers = { ...person.settings.providers, wiki: own };
    await person.readProviders();
    assert.deepEqual(
      person.providers.list().map(({ id, clientId }) => [id, clientId]),
      [
        ['company', assertingClient],
        ['wiki', 'own'],
      ],
    );
    await assert.rejects(person.start('wiki'), { name: 'NotEnterprise', message: /the ID “wiki”/ });
  });
});
