import assert from 'node:assert/strict';
import type { BrowserContext, Page } from 'playwright-core';
import { signInAsBob } from '../client/guide/guidePlaywright.ts';
import { signIn, signInOnPage } from '../manifest/client/playwright.ts';
import type { Workbench } from '../editor/workbench.ts';
import { treeViewOf, type TreeView } from '../editor/workbench/tree.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { startApache, type Apache } from '../servers/resourceServers/apache.ts';
import { startChallengingApi, type ChallengingApi } from '../servers/resourceServers/challengingApi.ts';
import { startDescribedApi, type DescribedApi } from '../servers/resourceServers/describedApi.ts';
import { people } from '../servers/identityProvider/people.ts';
import {
  startWebSocketServer,
  type TokenWebSocketServer,
} from '../servers/resourceServers/webSocketServer.ts';
import { openStage, type Stage } from '../stage/stage.ts';

describe('an extension that uses ours, in a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let api: ChallengingApi;
  let chat: TokenWebSocketServer;
  let described: DescribedApi;
  let window: Workbench;
  let person: BrowserContext;
  let account: TreeView;

  before(async () => {
    stage = await openStage();
    const { issuer, address: issuerAddress } = stage.identityProvider;
    api = await startChallengingApi({ issuer, issuerAddress });
    chat = await startWebSocketServer({ issuer, issuerAddress });
    described = await startDescribedApi({ issuer, issuerAddress });
    stage.identityProvider.settings.resources = [described.resource];
    await stage.editor.writeSettings({
      ...stage.settings,
      'consumer.api': api.url,
      'consumer.chat': chat.url,
      'consumer.pages': [described.url],
      'consumer.scopes': ['openid', 'profile', 'groups'],
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
    account = treeViewOf(window.page, 'Consumer');
  });
  after(async () => {
    await stage?.close();
    await described?.close();
    await chat?.close();
    await api?.close();
  });

  const tokenRequests = () => stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token);
  const statuses = (path: string) =>
    api.requests.filter(request => request.path === path).map(({ status }) => status);
  /** The person agrees, and the browser opens. */
  const openPage = async (): Promise<Page> => {
    const opened = window.nextPage();
    await window.acceptDialog('Allow');
    const page = await opened;
    await page.waitForLoadState();
    return page;
  };
  /** The person agrees, and does in the browser what the provider asks for. */
  const agree = (): Promise<void> => signIn(window.page);

  it('shows in a view of its own that nobody is signed in', async () => {
    await window.runCommand('Explorer: Focus on Consumer View');
    await account.waitForRow('Not signed in');
  });

  it('signs the person in, and is let in by the server', async () => {
    await window.runCommand('Consumer: Who Am I?');
    await agree();
    await window.waitForNotification(`You are ${people.alice.name}`);
    assert.equal(tokenRequests().length, 1);
  });

  it('shows who is signed in', async () => {
    await account.waitForRow(`Signed in as ${people.alice.login}`);
    await window.screenshot('consumer-signed-in');
  });

  it('talks over a WebSocket whose server judges the token of the handshake', async () => {
    await window.runCommand('Consumer: Say Hello over a WebSocket');
    await window.waitForNotification('The server says hello');
    assert.equal(chat.handshakes.at(-1), 101);
    assert.equal(tokenRequests().length, 1);
  });

  it('learns the groups of the person, without a request', async () => {
    await window.runCommand('Consumer: Which Groups Am I In?');
    await window.waitForNotification('Your groups: teams/developers, teams/leads');
  });

  it('gets a stronger sign-in where a server asks for one (RFC 9470), and goes on meanwhile', async () => {
    await window.clearNotifications();
    await window.runCommand('Consumer: Open the Vault');
    const page = await openPage();
    // The editor answers nobody while the person is in the browser.
    await window.runCommand('Consumer: Who Am I?');
    await window.waitForNotification(`You are ${people.alice.name}`);
    await signInOnPage(page, people.alice);
    await window.waitForNotification('The vault is open');
    assert.deepEqual(statuses('/vault'), [401, 200]);
    assert.equal(tokenRequests().length, 2);
  });

  it('gets a new token for one that a server refuses, and nobody notices', async () => {
    const token = api.requests.at(-1)?.token ?? '';
    api.refuse(token);
    await window.runCommand('Consumer: Open the Vault');
    await waitFor('two more answers', () => Promise.resolve(statuses('/vault').length === 4));
    assert.deepEqual(statuses('/vault'), [401, 200, 401, 200]);
    assert.equal(tokenRequests().at(-1)?.body['grant_type'], 'refresh_token');
  });

  it('gets a token for an API that says which one it takes (RFC 9728)', async () => {
    const before = described.statuses.length;
    await window.clearNotifications();
    await window.runCommand('Consumer: Open a Protected Page…');
    await window.quickInput.read('Which page?');
    await window.quickInput.pick(described.url);
    await agree();
    const { message } = await window.waitForNotification(/^The page says/);
    assert.ok(message.includes(people.alice.sub), message);
    assert.deepEqual(described.statuses.slice(before), [401, 200]);
    assert.deepEqual(described.metadataRequests, [undefined]);
    const { requestsTo, endpoints } = stage.identityProvider;
    assert.equal(
      requestsTo(endpoints.pushedAuthorizationRequest).at(-1)?.body['resource'],
      described.resource,
    );
  });

  it('shows that nobody is signed in any more', async () => {
    await window.chooseAccountAction(/^alice/, 'Sign Out');
    await window.acceptDialog('Sign Out');
    await account.waitForRow('Not signed in');
  });

  it('signs another person in, as the guide shows for tests', async () => {
    await person.clearCookies({ domain: /localhost$/ });
    await window.runCommand('Consumer: Who Am I?');
    await signInAsBob(window.page);
    await window.waitForNotification(`You are ${people.bob.name}`);
    await window.chooseAccountAction(/^bob/, 'Sign Out');
    await window.acceptDialog('Sign Out');
    await account.waitForRow('Not signed in');
    await person.clearCookies({ domain: /localhost$/ });
  });

  describe('before Apache httpd with mod_auth_openidc', () => {
    let apache: Apache;

    before(async () => {
      apache = await startApache(stage.identityProvider);
      await stage.editor.writeSettings({
        ...stage.settings,
        'consumer.scopes': ['openid', 'profile', 'groups'],
        'consumer.pages': [
          `${apache.verifying}/`,
          `${apache.introspecting}/`,
          `${apache.introspecting}/leads/`,
          `${apache.merging}/leads/`,
        ],
      });
      await window.reload();
    });
    after(() => apache?.close());

    const open = async (page: string): Promise<void> => {
      await window.clearNotifications();
      await window.runCommand('Consumer: Open a Protected Page…');
      await window.quickInput.read('Which page?');
      await window.quickInput.pick(page);
    };
    const welcome = `The page says welcome to ${people.alice.sub}`;

    it('is let in with a token that Apache verifies by the keys of the provider', async () => {
      const introspections = () =>
        stage.identityProvider.requestsTo(stage.identityProvider.endpoints.introspection).length;
      await open(`${apache.verifying}/`);
      await agree();
      await window.waitForNotification(welcome);
      assert.equal(introspections(), 0);
    });

    it('is let in with a token that Apache asks the provider about', async () => {
      await window.chooseAccountAction(/^alice/, 'Sign Out');
      await window.acceptDialog('Sign Out');
      stage.identityProvider.settings.accessTokens = 'opaque';
      await open(`${apache.introspecting}/`);
      await agree();
      await window.waitForNotification(welcome);
    });

    it('is let in as a member of a group', async () => {
      await open(`${apache.merging}/leads/`);
      await window.waitForNotification(welcome);
    });

    it('gets a new token for one that Apache will not have, and then hears that it is not the token', async () => {
      const before = tokenRequests().length;
      await open(`${apache.introspecting}/leads/`);
      await window.waitForNotification('The page stays closed: the server answered 401');
      assert.deepEqual(
        tokenRequests()
          .slice(before)
          .map(({ body }) => body['grant_type']),
        ['refresh_token'],
      );
    });
  });
});
