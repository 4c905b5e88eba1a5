import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../editor/loginPages.ts';
import type { Workbench } from '../editor/workbench.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { startChallengingApi, type ChallengingApi } from '../servers/challengingApi.ts';
import { people } from '../servers/people.ts';
import { startWebSocketServer, type TokenWebSocketServer } from '../servers/webSocketServer.ts';
import { openStage, type Stage } from '../stage/stage.ts';

describe('an extension that uses ours, in a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let api: ChallengingApi;
  let chat: TokenWebSocketServer;
  let window: Workbench;
  let person: BrowserContext;

  before(async () => {
    stage = await openStage();
    const { issuer, address: issuerAddress } = stage.identityProvider;
    api = await startChallengingApi({ issuer, issuerAddress });
    chat = await startWebSocketServer({ issuer, issuerAddress });
    await stage.editor.writeSettings({
      ...stage.settings,
      'consumer.api': api.url,
      'consumer.chat': chat.url,
      'consumer.scopes': ['openid', 'profile', 'groups'],
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(async () => {
    await stage?.close();
    await chat?.close();
    await api?.close();
  });

  const tokenRequests = () => stage.identityProvider.requestsTo(stage.identityProvider.endpoints.token);
  const statuses = (path: string) =>
    api.requests.filter(request => request.path === path).map(({ status }) => status);
  /** The person agrees, and does in the browser what the provider asks for. */
  const agree = async (): Promise<void> => {
    const opened = window.nextPage();
    await window.acceptDialog('Allow');
    const page = await opened;
    await page.waitForLoadState();
    await signInOnPage(page, people.alice);
  };

  it('signs the person in, and is let in by the server', async () => {
    await window.runCommand('Consumer: Who Am I?');
    await agree();
    await window.waitForNotification(`You are ${people.alice.name}`);
    assert.equal(tokenRequests().length, 1);
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

  it('gets a stronger sign-in where a server asks for one (RFC 9470)', async () => {
    await window.runCommand('Consumer: Open the Vault');
    await agree();
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
});
