import assert from 'node:assert/strict';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { assertingClient } from '../../servers/identityProvider/assertions/assertingProvider.ts';
import { startCompanies, type Companies } from '../../servers/identityProvider/assertions/companies.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { startMcpServer, type ProtectedMcpServer } from '../../servers/resourceServers/mcpServer.ts';
import { openStage, type Stage } from '../../stage/stage.ts';

const restart = 'OIDC: Restart MCP Server with a New Token…';

describe('an MCP server whose metadata names its authorization server, in a real VS Code', function () {
  this.timeout(180_000);
  const resources: string[] = [];
  const ends: (() => Promise<void>)[] = [];
  let companies: Companies;
  let evil: Companies;
  let server: ProtectedMcpServer;
  let stage: Stage;
  let window: Workbench;

  before(async () => {
    companies = await startCompanies(resources, { host: 'idp.localhost' });
    ends.push(() => companies.close());
    evil = await startCompanies([]);
    ends.push(() => evil.close());
    server = await startMcpServer({ issuer: companies.other.issuer, isAudience: true });
    ends.push(() => server.close());
    server.metadata['scopes_supported'] = ['tools:read'];
    resources.push(server.url);
    stage = await openStage({
      unconfigured: true,
      settings: {
        'oidc.providers': {
          company: {
            label: 'Company',
            issuer: companies.home.issuer,
            clientId: assertingClient,
            allowLoopbackHttp: true,
            acceptsChangingRedirectUri: true,
          },
        },
        'oidc.mcpServers': {
          wiki: {
            label: 'Wiki',
            url: server.url,
            enterprise: 'company',
            clientId: companies.other.client.id,
            clientAuthentication: 'client_secret_basic',
          },
        },
      },
    });
    ends.push(() => stage.close());
    window = await stage.openWindow(await stage.newPerson(), { agrees: false });
  });
  after(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const tokens = () => {
    const taken = server.requests.filter(({ method, status }) => method === 'tools/list' && status === 200);
    return new Set(taken.map(({ token }) => token)).size;
  };
  const tokenRequests = () => companies.other.requests.filter(({ path }) => path === '/token').length;

  it('is asked about with the server that it names and the sign-in that is shown there', async () => {
    await window.runCommand(restart);
    const { detail = '' } = await window.acceptDialog('Allow', /^Allow the MCP server “Wiki”/);
    const { issuer } = companies.other;
    assert.ok(
      detail.includes(`Your sign-in to “Company” is shown to ${issuer}, which the server names`),
      detail,
    );
    for (const line of [`Server: ${server.url}`, 'Scopes: tools:read', `Resource: ${server.url}`])
      assert.ok(detail.includes(line), detail);
    assert.match(detail, /The token is for this server only/);
    assert.deepEqual(companies.other.requests, []);
  });

  it('starts with a token by the sign-in at the company, the only one in a browser', async () => {
    await window.acceptDialog('Allow', /wants to sign in using Wiki/);
    await window.acceptDialog('Sign In', /^Sign in to 127\.0\.0\.1:\d+ for the first time/);
    await window.quickInput.read(/^Client secret of Wiki/);
    await window.quickInput.type(companies.other.client.secret);
    await window.quickInput.accept();
    const opened = window.nextPage();
    await window.pressNotification(/Wiki needs a token from Company/, 'Sign In to Company');
    await window.acceptDialog('Sign In', /idp\.localhost.* for the first time/);
    const page = await opened;
    await page.waitForLoadState();
    await signInOnPage(page, people.alice);
    await waitFor('the account there', async () =>
      (await window.accountsMenuEntries()).some(entry => /^alice.*Wiki/.test(entry)),
    );
    await window.clearNotifications();
    await window.runCommand(restart);
    await window.acceptDialog('Allow', /wants to sign in using Wiki/);
    await window.quickInput.read(/wants to access a Wiki account/);
    await window.quickInput.pick('alice');
    await eventually(() => assert.equal(tokens(), 1));
    assert.equal(tokenRequests(), 1);
    assert.equal(companies.home.exchanges[0]?.['audience'], companies.other.issuer);
  });

  it('starts again after the window was, and nobody is asked', async () => {
    await window.reload();
    const isStarted = () => Promise.resolve(tokens() > 1);
    // Right after a reload, the editor doesn't know the server yet, and its command restarts nothing.
    await waitFor('the server to be started', async () => {
      await window.runCommand(restart);
      return waitFor('a second token', isStarted, 10_000).catch(() => false);
    });
    assert.ok(tokenRequests() > 1);
  });

  it('that names another authorization server since, gets nothing before somebody agrees', async () => {
    server.metadata['authorization_servers'] = [evil.other.issuer];
    const [before, sent] = [server.requests.length, tokenRequests()];
    await window.runCommand(restart);
    const { detail = '' } = await window.acceptDialog('Cancel', /^Allow the MCP server “Wiki”/);
    assert.match(detail, /Changed since you allowed it/);
    assert.ok(detail.includes(`is shown to ${evil.other.issuer}`), detail);
    assert.deepEqual([evil.other.requests.length, evil.home.exchanges.length], [0, 0]);
    const asked = server.requests.slice(before).filter(({ method }) => method !== undefined);
    assert.deepEqual(asked, []);
    assert.equal(tokenRequests(), sent);
  });
});
