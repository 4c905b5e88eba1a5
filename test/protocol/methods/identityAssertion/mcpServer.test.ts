import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { boundTo } from '../../../../src/mcp/ownResource.ts';
import { assertingClient } from '../../../servers/identityProvider/assertions/assertingProvider.ts';
import { startCompanies, type Companies } from '../../../servers/identityProvider/assertions/companies.ts';
import { people } from '../../../servers/identityProvider/people.ts';
import { startMcpServer, type ProtectedMcpServer } from '../../../servers/resourceServers/mcpServer.ts';
import { signInTrial } from '../../signingIn.ts';
import { given } from '../serviceTrials.ts';
import { signedInElsewhere } from '../signedInElsewhere.ts';

describe('an MCP server of another company', () => {
  const resources: string[] = [];
  let companies: Companies;
  let server: ProtectedMcpServer;
  before(async () => {
    companies = await startCompanies(resources);
    server = await startMcpServer({ issuer: companies.other.issuer, isAudience: true });
    resources.push(server.url, `${server.url}/other`);
  });
  after(async () => {
    await server.close();
    await companies.close();
  });

  /** Asks the server who calls, with a token for this resource. */
  async function whoami(resource: string): Promise<unknown> {
    const { home, other } = companies;
    const { findSubject } = await signedInElsewhere(
      { issuer: home.issuer, clientId: assertingClient },
      'alice',
    );
    const trial = signInTrial({
      findSubject,
      clientSecret: () => Promise.resolve(given(other.client.secret)),
    });
    const partner = trial.provider(
      {
        issuer: other.issuer,
        clientId: other.client.id,
        clientAuthentication: 'client_secret_basic',
        signInMethod: 'identity-assertion',
        identityAssertion: { from: 'company' },
        resource: [resource],
      },
      'partner',
    );
    const entry = { id: 'wiki', label: 'Wiki', url: resource, providerId: 'partner', scopes: ['tools:read'] };
    const { scopes } = boundTo(entry, partner);
    const grant = await trial.signIn(partner, { scopes });
    assert.deepEqual(grant.sessions, [['tools:read', `resource:${resource}`]]);
    assert.deepEqual(trial.opened, []);
    const client = new Client({ name: 'editor', version: '1' });
    const headers = { authorization: `Bearer ${grant.tokens.accessToken.reveal()}` };
    await client.connect(
      new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } }),
    );
    try {
      return (await client.callTool({ name: 'whoami', arguments: {} })).content;
    } finally {
      await client.close();
    }
  }

  it('lets in whom their own company has asserted', async () => {
    assert.deepEqual(await whoami(server.url), [
      { type: 'text', text: `${people.alice.sub} with tools:read` },
    ]);
  });

  it('lets nobody in with a token that was asserted for another resource', async () => {
    await assert.rejects(whoami(`${server.url}/other`), { code: 401 });
  });
});
