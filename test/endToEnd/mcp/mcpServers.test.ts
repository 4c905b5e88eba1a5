import assert from 'node:assert/strict';
import { findSecrets } from '../../canaries/canaries.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { startMcpServer, type ProtectedMcpServer } from '../../servers/resourceServers/mcpServer.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { assertSilent } from '../hiddenMessages.ts';

const restart = 'OIDC: Restart MCP Server with a New Token…';
const ask = 'Consumer: Ask the MCP Server Who I Am';

describe('an MCP server that takes the tokens of an identity provider, in a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let server: ProtectedMcpServer;
  let window: Workbench;

  before(async () => {
    stage = await openStage();
    const { issuer, address: issuerAddress } = stage.identityProvider;
    server = await startMcpServer({ issuer, issuerAddress });
    await stage.editor.writeSettings({
      ...stage.settings,
      'oidc.mcpServers': { wiki: { url: server.url, scopes: ['openid', 'profile'], label: 'Wiki' } },
    });
    window = await stage.openWindow(await stage.newPerson());
  });
  after(async () => {
    await stage?.close();
    await server?.close();
  });

  const messages = () => server.requests.map(({ method, status }) => `${method ?? 'none'} ${status}`);
  const started = ['initialize 200', 'notifications/initialized 202', 'tools/list 200'];
  const startedAgain = async (after: number): Promise<void> => {
    // The editor also asks for a stream of notifications, which such a server may refuse. The others end in any order.
    const said = () =>
      messages()
        .slice(after)
        .filter(message => !message.startsWith('none'))
        .sort();
    await eventually(() => assert.deepEqual(said(), started));
  };
  const tokens = () => [...new Set(server.requests.flatMap(({ token }) => token ?? []))];
  /** The person lets the tool run. */
  const callTool = async (): Promise<void> => {
    await window.clearNotifications();
    await window.runCommand(ask);
    await window.acceptDialog('Yes', 'Run whoami');
  };

  it('is left alone, and nobody is asked for anything, until somebody starts it', async () => {
    await assertSilent(window);
    assert.deepEqual(server.requests, []);
  });

  it('starts with the token of a sign-in, which the person is told where it goes', async () => {
    await window.runCommand(restart);
    const question = await window.acceptDialog('Allow', /^Allow the MCP server “Wiki” on 127\.0\.0\.1/);
    assert.match(
      question.detail ?? '',
      /^Server: http:.*\nIdentity provider: Company \(http:.*\)\nScopes: openid profile/,
    );
    assert.match(question.detail ?? '', /The token isn’t for this server alone/);
    assert.deepEqual(server.requests, []);
    const opened = window.nextPage();
    const { message, detail } = await window.acceptDialog('Allow', /wants to sign in/);
    assert.match(message, /'OpenID Connect Authentication' wants to sign in using Company/);
    assert.equal(
      detail,
      `The MCP server “Wiki” (${new URL(server.url).host}) will be sent your access token.`,
    );
    const page = await opened;
    await page.waitForLoadState();
    await signInOnPage(page, people.alice);
    await startedAgain(0);
    assert.equal(tokens().length, 1);
    assert.equal(stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token).length, 1);
  });

  it('offers its tools to whoever uses the editor', async () => {
    await callTool();
    const { message } = await window.waitForNotification(/^The tool says/);
    assert.match(message, new RegExp(`^The tool says: ${people.alice.sub} with openid profile`));
    assert.ok(messages().includes('tools/call 200'), messages().join());
  });

  it('that refuses the token is started again with a fresh one, and nobody is asked', async () => {
    const [old = ''] = tokens();
    server.refuse(old);
    const before = server.requests.length;
    await window.runCommand(restart);
    await startedAgain(before);
    assert.equal(tokens().length, 2);
    assert.equal(server.requests.at(-1)?.token, tokens()[1]);
    await callTool();
    await window.waitForNotification(/^The tool says: /);
  });

  it('is stopped when the person signs out, and starts again only if they sign in', async () => {
    const stops = async (): Promise<number> =>
      (await window.outputChannel('MCP: Wiki')).split('Connection state: Stopped').length;
    // A restart has stopped it, too.
    const earlier = await stops();
    await window.chooseAccountAction(/^alice/, 'Sign Out');
    await window.acceptDialog('Sign Out');
    await waitFor('the server to be stopped', async () => (await stops()) > earlier);
    const before = server.requests.length;
    await window.clearNotifications();
    await window.runCommand(ask);
    await window.acceptDialog('Cancel', /wants to sign in using Company/);
    await window.waitForNotification('The MCP server “Wiki” wasn’t started because you aren’t signed in.', {
      buttons: ['Sign In'],
    });
    // The end of its stream of notifications may be told late; what it is asked for may not.
    assert.deepEqual(
      messages()
        .slice(before)
        .filter(message => !message.startsWith('none')),
      [],
    );

    await window.pressNotification(/wasn’t started because you aren’t/, 'Sign In');
    const opened = window.nextPage();
    await window.acceptDialog('Allow');
    await (await opened).waitForLoadState();
    await signInOnPage(await opened, people.alice);
    await startedAgain(before);
  });

  it('leaves its tokens in no log', async () => {
    const secrets = new Map(tokens().map(token => [token, 'access token']));
    assert.ok(secrets.size >= 3);
    const texts = await waitFor('a word about the MCP server in the log', async () => {
      const logs = [...(await stage.editor.readLogs())].map(([where, text]) => ({ where, text }));
      return (
        logs.some(({ text }) => text.includes('an MCP server gets the access token of a session')) && logs
      );
    });
    texts.push({ where: 'the output of the MCP server', text: await window.outputChannel('MCP: Wiki') });
    assert.deepEqual(findSecrets(secrets, texts), []);
  });
  it('is stopped and not started again once the person takes the permission back', async () => {
    const stops = async (): Promise<number> =>
      (await window.outputChannel('MCP: Wiki')).split('Connection state: Stopped').length;
    const earlier = await stops();
    await window.runCommand('OIDC: Manage MCP Server Access…');
    await window.quickInput.pick('Wiki');
    await waitFor('the server to be stopped', async () => (await stops()) > earlier);
    await window.clearNotifications();
    await window.runCommand(ask);
    const refused = 'The MCP server “Wiki” wasn’t started because you haven’t allowed it.';
    await window.waitForNotification(refused, { buttons: ['Review…'] });
  });
  it('that somebody else writes into the settings gets nothing without a question', async () => {
    const stranger = await startMcpServer({ issuer: stage.identityProvider.issuer });
    try {
      const wiki = { url: server.url, scopes: ['openid', 'profile'], label: 'Wiki' };
      const evil = { ...wiki, url: stranger.url, label: 'Evil' };
      await stage.editor.writeSettings({ ...stage.settings, 'oidc.mcpServers': { wiki, evil } });
      await window.reload();
      await window.runCommand(restart);
      await window.quickInput.read('Restart which MCP server?');
      // One row is left, so that none can move under the mouse.
      await window.quickInput.type('Evil');
      await window.quickInput.pick('Evil');
      await window.acceptDialog('Cancel', /^Allow the MCP server “Evil”/);
      assert.deepEqual(stranger.requests, []);
    } finally {
      await stranger.close();
    }
  });
});
