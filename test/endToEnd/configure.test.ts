import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../editor/loginPages.ts';
import type { Workbench } from '../editor/workbench.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { listen, stop } from '../servers/listening.ts';
import { people } from '../servers/people.ts';
import { openStage, type Stage } from '../stage/stage.ts';
import { findNotification } from './hiddenMessages.ts';

const firstQuestion = /^Add an identity provider \(1\/2\)/;
const secondQuestion = /^Add an identity provider \(2\/2\)/;

describe('a person who has configured nothing', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    // The everyday way, as on a desktop: the test's provider accepts the changing address of this editor.
    stage = await openStage({ unconfigured: true, settings: { 'oidc.signIn.method': 'uri-handler' } });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(() => stage?.close());

  const configured = async (): Promise<unknown> => {
    const settings = JSON.parse(await readFile(stage.editor.settingsFile, 'utf8')) as Record<string, unknown>;
    return settings['oidc.providers'];
  };

  /** Waits until that stands below the input box. */
  async function waitForComplaint(reason: RegExp): Promise<void> {
    await waitFor(
      async () => `the complaint ${String(reason)}; there is: ${(await window.quickInput.read()).message}`,
      async () => reason.test((await window.quickInput.read(firstQuestion)).message),
    );
  }

  async function answerIssuer(issuer: string): Promise<void> {
    await window.quickInput.read(firstQuestion);
    await window.quickInput.type(issuer);
    await window.quickInput.accept();
  }

  async function signIn(): Promise<void> {
    await window.quickInput.read(secondQuestion);
    await window.quickInput.type(stage.identityProvider.clients.editorWeb.clientId);
    const opened = window.nextPage();
    await window.quickInput.accept();
    await signInOnPage(await opened, people.alice);
  }

  it('may leave the questions, and nothing has happened', async () => {
    await window.runCommand('OIDC: Sign In');
    await window.quickInput.read(firstQuestion);
    await window.screenshot('configure-issuer');
    await window.quickInput.cancel();
    assert.equal(await configured(), undefined);
    assert.deepEqual(await window.notifications(), []);
  });

  it('is told while typing what cannot be an issuer', async () => {
    await window.runCommand('OIDC: Sign In');
    await window.quickInput.read(firstQuestion);
    for (const [address, reason] of [
      ['login.example.com', /is not a complete URL/],
      ['http://login.example.com', /must be https\. Plain http is possible on this computer/],
      ['https://login.example.com?tenant=1', /has a query/],
      ['https://me:secret@login.example.com', /carries a user name or password/],
    ] as const) {
      await window.quickInput.type(address);
      await waitForComplaint(reason);
      await window.quickInput.accept();
      await waitForComplaint(reason);
    }
    await window.screenshot('configure-not-an-issuer');
  });

  it('is told what is wrong with the server behind an address, and may change it', async () => {
    const nobody = createServer();
    const port = await listen(nobody);
    await stop(nobody);
    for (const [address, reason] of [
      [
        `http://nobody.localhost:${port}`,
        /^nobody\.localhost:\d+ could not be reached \(the connection was refused\)/,
      ],
      [stage.resourceServer.url, /^No OpenID Connect or OAuth metadata was found at/],
      [stage.identityProvider.address, /belongs to the issuer “?http:\/\/idp\.localhost/],
    ] as const) {
      await answerIssuer(address);
      const { severity, buttons } = await findNotification(window, reason);
      assert.equal(severity, 'error');
      assert.ok(buttons.includes('Change the Address'), buttons.join(' | '));
      if (address.includes('nobody')) await window.screenshot('configure-unreachable');
      await window.pressNotification(reason, 'Change the Address');
      assert.equal(
        (await window.quickInput.read(firstQuestion)).value,
        address,
        'it need not be typed again',
      );
    }
    assert.equal(await configured(), undefined);
  });

  it('gives the right address and a client id, and is in the browser already', async () => {
    await answerIssuer(stage.identityProvider.issuer);
    const { message } = await window.quickInput.read(secondQuestion);
    assert.match(message, /redirect URI code-oss:\/\/vscode-oidc\.oidc-authentication\/callback/);
    await window.screenshot('configure-client-id');
    await signIn();
    const { host } = new URL(stage.identityProvider.issuer);
    await window.waitForNotification(`Signed in to ${host} as alice.`);
    await window.screenshot('configure-signed-in');
  });

  it('finds the provider in the settings, and the account under its name', async () => {
    assert.deepEqual(await configured(), {
      oidc: {
        issuer: stage.identityProvider.issuer,
        clientId: stage.identityProvider.clients.editorWeb.clientId,
        allowLoopbackHttp: true,
      },
    });
    const { host } = new URL(stage.identityProvider.issuer);
    await waitFor('the account under the name of the provider', async () =>
      (await window.accountsMenuEntries()).includes(`alice (${host})`),
    );
  });

  it('may as well begin where an extension asks to sign in', async () => {
    await window.close();
    await stage.editor.writeSettings(stage.settings);
    const other = await stage.newPerson();
    window = await stage.openWindow(other);
    await window.waitForAccountsLabel(/Sign in requested/);
    await window.openAccountsMenu();
    await window.chooseMenuEntry(/^Sign in with OpenID Connect to use Consumer/);
    await answerIssuer(stage.identityProvider.issuer);
    await signIn();
    await window.runCommand('Consumer: Who Am I?');
    await window.waitForNotification(`You are ${people.alice.name}`);
    await window.waitForAccountsLabel('Accounts');
  });
});
