import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../editor/loginPages.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { listen, stop } from '../../servers/listening.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { findNotification } from '../hiddenMessages.ts';

const which = /^Add an identity provider/;
const howKnown = /how does this editor become known there\?/;
const whatToRegister = /^Register this editor at /;
const clientIdQuestion = /^Client id at /;
const scopesQuestion = /^Scopes at /;

describe('a person who has configured nothing', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    // The everyday way, as on a desktop: the test's provider accepts the changing address of this editor.
    stage = await openStage({ unconfigured: true, settings: { 'oidc.signIn.method': 'uri-handler' } });
    person = await stage.newPerson();
    // What they enter themself they are not asked about: nobody would answer.
    window = await stage.openWindow(person, { agrees: false });
  });
  after(() => stage?.close());

  const configured = async (): Promise<unknown> => {
    const settings = JSON.parse(await readFile(stage.editor.settingsFile, 'utf8')) as Record<string, unknown>;
    return settings['oidc.providers'];
  };

  async function typeAddress(address: string): Promise<void> {
    await window.quickInput.read(which);
    await window.quickInput.type(address);
  }

  /** Waits until a row says that. */
  async function waitForRow(row: RegExp): Promise<void> {
    await waitFor(
      async () => `the row ${String(row)}; there is: ${(await window.quickInput.read()).items.join(' | ')}`,
      async () => (await window.quickInput.read(which)).items.some(item => row.test(item)),
    );
  }

  async function goBack(): Promise<void> {
    await window.page.getByRole('button', { name: 'Back' }).click();
  }

  async function answerAddress(address: string): Promise<void> {
    await typeAddress(address);
    await waitForRow(/find the provider there/);
    await window.quickInput.pick(/find the provider there/);
  }

  /** Answers the questions after the address with a client id, and signs in in the browser. */
  async function signIn(): Promise<void> {
    await window.quickInput.read(howKnown);
    await window.quickInput.pick(/Enter a client id/);
    await window.quickInput.read(whatToRegister);
    await window.quickInput.pick(/Continue/);
    await window.quickInput.read(clientIdQuestion);
    await window.quickInput.type(stage.identityProvider.clients.editorWeb.clientId);
    await window.quickInput.accept();
    await window.quickInput.read(scopesQuestion);
    await window.quickInput.accept();
    await window.quickInput.read(which);
    const opened = window.nextPage();
    await window.quickInput.accept();
    await signInOnPage(await opened, people.alice);
  }

  it('may leave the questions, and nothing has happened', async () => {
    await window.runCommand('OIDC: Sign In');
    await window.quickInput.read(which);
    await window.screenshot('add-provider-which');
    await window.quickInput.cancel();
    assert.equal(await configured(), undefined);
    assert.deepEqual(await window.notifications(), []);
  });

  it('is told while typing what cannot be an address, and is offered known providers', async () => {
    await window.runCommand('OIDC: Add Identity Provider…');
    for (const [address, reason] of [
      ['http://login.example.com', /must be https/],
      ['https://login.example.com?tenant=1', /must not have a query/],
      ['https://me:secret@login.example.com', /must not carry a user name or password/],
      ['https://acme.okta.com', /Okta, https:\/\/acme\.okta\.com/],
      ['login.example.com', /https:\/\/login\.example\.com, find the provider there/],
      ['alice@example.com', /alice@example\.com, find the provider there/],
      ['keycl', /^Keycloak/],
    ] as const) {
      await typeAddress(address);
      await waitForRow(reason);
    }
  });

  it('is asked for the values of a preset, and may go back', async () => {
    await window.quickInput.accept();
    const first = await window.quickInput.read(/^Add an identity provider: Keycloak/);
    assert.match(first.message, /The host of Keycloak/);
    await window.quickInput.type('https://login.example.com/');
    await waitFor('the complaint', async () =>
      (await window.quickInput.read()).message.includes('It must be like login.example.com'),
    );
    await window.page.getByRole('button', { name: 'Back' }).click();
    await window.quickInput.read(/^Add an identity provider \(1/);
  });

  it('may choose another known provider, of which no values are asked', async () => {
    await typeAddress('keycl');
    await waitForRow(/^Keycloak/);
    await window.quickInput.accept();
    await window.quickInput.read(/^Add an identity provider: Keycloak/);
    await window.quickInput.type('login.example.com');
    await window.quickInput.accept();
    await waitFor('the question for the realm', async () =>
      /realm/.test((await window.quickInput.read()).message),
    );
    await goBack();
    await waitFor(
      'the host that was entered',
      async () => (await window.quickInput.read()).value === 'login.example.com',
    );
    await goBack();
    await typeAddress('github');
    await waitForRow(/^GitHub$/);
    await window.quickInput.pick(/^GitHub$/);
    await window.quickInput.read(howKnown);
    await goBack();
    await window.quickInput.read(which);
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
      [stage.identityProvider.address, /belongs to the issuer “?http:\/\/idp\.localhost/],
    ] as const) {
      await answerAddress(address);
      const { severity, buttons } = await findNotification(window, reason);
      assert.equal(severity, 'error');
      assert.ok(buttons.includes('Change the Address'), buttons.join(' | '));
      if (address.includes('nobody')) await window.screenshot('add-provider-unreachable');
      await window.pressNotification(reason, 'Change the Address');
      assert.equal((await window.quickInput.read(which)).value, address, 'it need not be typed again');
    }
    assert.equal(await configured(), undefined);
  });

  it('may give the address of an API, which leads to the provider that it trusts', async () => {
    const api = createServer((request, response) => {
      const { host = '' } = request.headers;
      const isMetadata = request.url === '/.well-known/oauth-protected-resource/v1';
      response.writeHead(isMetadata ? 200 : 404, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify(
          isMetadata
            ? { resource: `http://${host}/v1`, authorization_servers: [stage.identityProvider.issuer] }
            : {},
        ),
      );
    });
    const port = await listen(api);
    try {
      await answerAddress(`http://api.localhost:${port}/v1`);
      const offers = (await window.quickInput.read(howKnown)).items.join(' | ');
      assert.ok(offers.includes(stage.identityProvider.issuer), offers);
      assert.ok(offers.includes(`The API http://api.localhost:${port}/v1 trusts it`), offers);
      await goBack();
      await window.quickInput.read(which);
    } finally {
      await stop(api);
    }
  });

  it('may go back from every question, finds there what was answered, and may leave at the last', async () => {
    await answerAddress(stage.identityProvider.issuer);
    await window.quickInput.read(howKnown);
    await goBack();
    assert.equal((await window.quickInput.read(which)).value, stage.identityProvider.issuer);
    await window.quickInput.pick(/find the provider there/);
    await window.quickInput.read(howKnown);
    await window.quickInput.pick(/Enter a client id/);
    await window.quickInput.read(whatToRegister);
    await window.quickInput.pick(/Continue/);
    await window.quickInput.read(clientIdQuestion);
    await window.quickInput.type('mistyped');
    await goBack();
    await window.quickInput.read(whatToRegister);
    await window.quickInput.pick(/Continue/);
    await window.quickInput.read(clientIdQuestion);
    await window.quickInput.type('mistyped');
    await window.quickInput.accept();
    await window.quickInput.read(scopesQuestion);
    await goBack();
    await window.quickInput.read(whatToRegister);
    await window.quickInput.pick(/Continue/);
    assert.equal((await window.quickInput.read(clientIdQuestion)).value, 'mistyped');
    await window.quickInput.accept();
    await window.quickInput.read(scopesQuestion);
    await window.quickInput.accept();
    await window.quickInput.read(which);
    await goBack();
    await window.quickInput.read(scopesQuestion);
    await window.quickInput.cancel();
    assert.equal(await configured(), undefined);
    assert.deepEqual(await window.notifications(), []);
  });

  it('whose first sign-in fails has added nothing, and may change what was answered', async () => {
    await window.runCommand('OIDC: Add Identity Provider…');
    await answerAddress(stage.identityProvider.issuer);
    await window.quickInput.read(howKnown);
    await window.quickInput.pick(/Enter a client id/);
    await window.quickInput.read(whatToRegister);
    await window.quickInput.pick(/Continue/);
    await window.quickInput.read(clientIdQuestion);
    await window.quickInput.type('mistyped');
    await window.quickInput.accept();
    await window.quickInput.read(scopesQuestion);
    await window.quickInput.accept();
    await window.quickInput.read(which);
    await window.quickInput.accept();
    const failed = /^The sign-in to .* failed, so it was not added\./;
    const { buttons } = await findNotification(window, failed);
    assert.deepEqual(buttons, ['Change…', 'Save Anyway']);
    await window.screenshot('add-provider-failed');
    assert.equal(await configured(), undefined);
    await window.pressNotification(failed, 'Change…');
    assert.equal((await window.quickInput.read(which)).value, stage.identityProvider.issuer);
  });

  it('gives the right address, sees what is offered and what to register, and signs in', async () => {
    await answerAddress(`${stage.identityProvider.issuer}/`);
    const offers = (await window.quickInput.read(howKnown)).items.join(' | ');
    for (const offer of ['Sign-in with the browser', 'Device codes', 'Let this editor register itself']) {
      assert.ok(offers.includes(offer), `${offer}: ${offers}`);
    }
    await window.screenshot('add-provider-offers');
    await window.quickInput.pick(/Enter a client id/);
    const uris = (await window.quickInput.read(whatToRegister)).items;
    assert.ok(
      uris.some(item => item.startsWith('code-oss://vscode-oidc.oidc-authentication/callback,')),
      uris.join(' | '),
    );
    assert.ok(uris.some(item => item.startsWith('http://127.0.0.1/callback,')));
    await window.screenshot('add-provider-redirect-uris');
    await window.page.getByRole('button', { name: 'Back' }).click();
    await signIn();
    const { host } = new URL(stage.identityProvider.issuer);
    await window.waitForNotification(`Signed in to ${host} as alice.`);
    await window.screenshot('add-provider-signed-in');
  });

  it('finds the provider in the settings, and the account under its name', async () => {
    const { host } = new URL(stage.identityProvider.issuer);
    assert.deepEqual(await configured(), {
      oidc: {
        label: host,
        issuer: stage.identityProvider.issuer,
        clientId: stage.identityProvider.clients.editorWeb.clientId,
        allowLoopbackHttp: true,
      },
    });
    await waitFor('the account under the name of the provider', async () =>
      (await window.accountsMenuEntries()).includes(`alice (${host})`),
    );
  });

  it('finds the sign-in that proved it among the activity', async () => {
    await window.runCommand('OIDC: Show Activity');
    await window.acceptDialog('Show Activity');
    await waitFor('the sign-in in the activity', async () => {
      const lines = await window.page.locator('.editor-instance .view-line').allInnerTexts();
      return lines.some(line => /^\d{4}-.* sign-in .* \/ alice /.test(line.replace(/\u00a0/g, ' ')));
    });
    await window.runCommand('View: Close All Editors');
  });

  it('adds a second one, at which the editor registers itself', async () => {
    await window.runCommand('OIDC: Add Identity Provider…');
    await answerAddress(stage.identityProvider.issuer);
    await window.quickInput.read(howKnown);
    await window.quickInput.pick(/Let this editor register itself/);
    await window.quickInput.read(scopesQuestion);
    await window.quickInput.accept();
    await window.quickInput.read(which);
    await window.quickInput.type('The Club');
    await window.quickInput.accept();
    await waitFor(
      'the question for the id',
      async () => (await window.quickInput.read()).value === 'the-club',
    );
    const opened = window.nextPage();
    await window.quickInput.accept();
    await signInOnPage(await opened, people.alice);
    await window.waitForNotification('Signed in to The Club as alice.');
    const providers = (await configured()) as Record<string, unknown>;
    assert.deepEqual(providers['the-club'], {
      label: 'The Club',
      issuer: stage.identityProvider.issuer,
      allowLoopbackHttp: true,
    });
  });

  it('gives it another name, and removes it', async () => {
    await window.runCommand('OIDC: Rename Identity Provider…');
    await window.quickInput.read(/Rename which/);
    await window.quickInput.pick('The Club');
    // The box is given the name that it begins with after it was opened; what is typed before that is lost.
    await waitFor(
      'the name that it begins with',
      async () => (await window.quickInput.read('Rename The Club')).value === 'The Club',
    );
    await window.quickInput.type('The Society');
    await window.quickInput.accept();
    await waitFor('the account under the new name', async () =>
      (await window.accountsMenuEntries()).includes('alice (The Society)'),
    );
    await window.runCommand('OIDC: Remove Identity Provider…');
    await window.quickInput.read(/Remove which/);
    await window.quickInput.pick('The Society');
    await window.acceptDialog('Sign Out and Remove', /^Remove The Society\?/);
    await waitFor('no account of it', async () =>
      (await window.accountsMenuEntries()).every(entry => !entry.includes('The Society')),
    );
    await waitFor(
      'no entry of it in the settings',
      async () => !('the-club' in ((await configured()) as object)),
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
    await answerAddress(stage.identityProvider.issuer);
    await signIn();
    await window.runCommand('Consumer: Who Am I?');
    await window.waitForNotification(`You are ${people.alice.name}`);
    await window.waitForAccountsLabel('Accounts');
  });
});
