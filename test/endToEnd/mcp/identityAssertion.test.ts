import assert from 'node:assert/strict';
import { findSecrets } from '../../canaries/canaries.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { assertingClient } from '../../servers/identityProvider/assertions/assertingProvider.ts';
import { startCompanies, type Companies } from '../../servers/identityProvider/assertions/companies.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { startMcpServer, type ProtectedMcpServer } from '../../servers/resourceServers/mcpServer.ts';
import { openStage, type Stage } from '../../stage/stage.ts';

const restart = 'OIDC: Restart MCP Server with a New Token…';

describe('an MCP server of another company that takes the sign-in at one’s own, in a real VS Code', function () {
  this.timeout(180_000);
  const resources: string[] = [];
  const ends: (() => Promise<void>)[] = [];
  let companies: Companies;
  let server: ProtectedMcpServer;
  let stage: Stage;
  let window: Workbench;

  before(async () => {
    companies = await startCompanies(resources, { host: 'idp.localhost' });
    ends.push(() => companies.close());
    server = await startMcpServer({ issuer: companies.other.issuer, isAudience: true });
    ends.push(() => server.close());
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
          partner: {
            label: 'Partner',
            issuer: companies.other.issuer,
            clientId: companies.other.client.id,
            clientAuthentication: 'client_secret_basic',
            allowLoopbackHttp: true,
            signInMethod: 'identity-assertion',
            identityAssertion: { from: 'company' },
            resource: [server.url],
            scopes: ['tools:read'],
          },
        },
        'oidc.mcpServers': {
          wiki: { url: server.url, provider: 'partner', scopes: ['tools:read'], label: 'Wiki' },
        },
      },
    });
    ends.push(() => stage.close());
    window = await stage.openWindow(await stage.newPerson(), { agrees: false });
  });
  after(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const sent = () => companies.other.requests.filter(({ path }) => path === '/token');
  const startedWith = async (tokens: number): Promise<void> =>
    eventually(() => {
      const given = new Set(server.requests.filter(({ status }) => status === 200).map(({ token }) => token));
      assert.equal(given.size, tokens);
      assert.ok(server.requests.some(({ method, status }) => method === 'tools/list' && status === 200));
    });

  it('needs the sign-in there, and says whose it will be shown', async () => {
    await window.runCommand(restart);
    await window.acceptDialog('Allow', /^Allow the MCP server “Wiki”/);
    await window.acceptDialog('Allow', /wants to sign in using Partner/);
    const { detail } = await window.acceptDialog('Sign In', /for the first time/);
    assert.match(detail ?? '', /Your sign-in to “company \(http:.*\)” is shown there, without its tokens/);
    await window.quickInput.read(/^Client secret of Partner/);
    await window.quickInput.type(companies.other.client.secret);
    await window.quickInput.accept();
    await window.waitForNotification(
      /Partner needs a token from Company, but you aren’t signed in to Company/,
    );
    assert.deepEqual([companies.home.exchanges.length, sent().length], [0, 0]);
  });

  it('has a button that signs in there, and then goes on without a browser', async () => {
    const opened = window.nextPage();
    await window.pressNotification(/Partner needs a token from Company/, 'Sign In to Company');
    await window.acceptDialog('Sign In', /idp\.localhost.* for the first time/);
    const page = await opened;
    await page.waitForLoadState();
    await signInOnPage(page, people.alice);
    await eventually(() => assert.deepEqual([companies.home.exchanges.length, sent().length], [1, 1]));
    // Before it is kept, a server that starts asks for a second one.
    await waitFor('the account of the partner', async () =>
      (await window.accountsMenuEntries()).some(entry => /^alice.*Partner/.test(entry)),
    );
    await window.clearNotifications();
    await window.runCommand(restart);
    // The sign-in came by the button, and not for this extension.
    await window.acceptDialog('Allow', /wants to sign in using Partner/);
    await window.quickInput.read(/wants to access a Partner account/);
    await window.quickInput.pick('alice');
    await startedWith(1);
    assert.deepEqual(sent().length, 1, 'by the sign-in of the button');
  });

  it('gets a new token by a new assertion, and nobody is asked', async () => {
    const [{ token: old = '' } = { token: '' }] = server.requests.filter(({ status }) => status === 200);
    server.refuse(old);
    await window.runCommand(restart);
    await startedWith(2);
    await eventually(() => assert.equal(companies.home.exchanges.length, sent().length));
    const used = sent().map(({ body }) => (body['asserted'] as { jti: string }).jti);
    assert.ok(used.length >= 2 && new Set(used).size === used.length);
  });

  it('ends with the sign-in there', async () => {
    const stops = async (): Promise<number> =>
      (await window.outputChannel('MCP: Wiki')).split('Connection state: Stopped').length;
    // A restart has stopped it, too.
    const earlier = await stops();
    await window.chooseAccountAction(/^alice.*Company/, 'Sign Out');
    await window.acceptDialog('Sign Out');
    await waitFor('the server to be stopped', async () => (await stops()) > earlier);
    await waitFor('no account of either', async () =>
      (await window.accountsMenuEntries()).every(entry => !/Company|Partner/.test(entry)),
    );
    const asked = server.requests.length;
    await window.clearNotifications();
    await window.runCommand(restart);
    await window.acceptDialog('Cancel', /wants to sign in using Partner/);
    assert.deepEqual(
      server.requests.slice(asked).filter(({ method }) => method !== undefined),
      [],
    );
  });

  it('leaves nothing of it in a log', async () => {
    const secrets = new Map(companies.home.shown.map(token => [token, 'ID token']));
    const texts = await waitFor('a word about the sign-in in the log', async () => {
      const logs = [...(await stage.editor.readLogs())].map(([where, text]) => ({ where, text }));
      return logs.some(({ text }) => text.includes('signed in')) && logs;
    });
    assert.ok(secrets.size > 0);
    assert.deepEqual(findSecrets(secrets, texts), []);
  });
});
