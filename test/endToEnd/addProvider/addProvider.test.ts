import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { chooseClientId, connectTo, pasteClientId, rename, wizard } from '../../editor/workbench/wizard.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { listen, stop } from '../../servers/listening.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { assertSilent } from '../hiddenMessages.ts';

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
    await window.quickInput.read(wizard.where);
    await window.quickInput.type(address);
  }

  /** Waits until a row says that. */
  async function waitForRow(row: RegExp): Promise<void> {
    await window.quickInput.read(wizard.where, ({ items }) => items.some(item => row.test(item)));
  }

  const waitForCopied = (): Promise<unknown> =>
    window.quickInput.read(wizard.register, ({ items }) =>
      items.some(item => item.includes('Request copied')),
    );

  /** Answers what comes after the address with a client ID, and signs in in the browser. */
  async function signIn(): Promise<void> {
    await chooseClientId(window);
    await pasteClientId(window, stage.identityProvider.clients.editorWeb.clientId);
    await window.quickInput.read(wizard.summary);
    const opened = window.nextPage();
    await window.quickInput.accept();
    await signInOnPage(await opened, people.alice);
  }

  it('may leave the questions, and nothing has happened', async () => {
    await window.runCommand('OIDC: Sign In');
    await window.quickInput.read(wizard.where);
    await window.screenshot('add-provider-where');
    await window.quickInput.cancel();
    await assertSilent(window);
    assert.equal(await configured(), undefined);
  });

  it('is told while typing what cannot be an address, and is offered known providers', async () => {
    await window.runCommand('OIDC: Add Identity Provider…');
    for (const [address, reason] of [
      ['http://login.example.com', /must use https/],
      ['https://login.example.com?tenant=1', /must not have a query/],
      ['https://me:secret@login.example.com', /must not contain a user name or password/],
      ['https://acme.okta.com', /Connect to Okta \(acme\.okta\.com\)/],
      ['login.example.com', /Connect to login\.example\.com, https:\/\/login\.example\.com/],
      ['alice@example.com', /Connect to alice@example\.com/],
      ['keycl', /^Keycloak/],
    ] as const) {
      await typeAddress(address);
      await waitForRow(reason);
    }
  });

  it('is asked for the values of a known provider, is helped with them, and goes back', async () => {
    await window.quickInput.read(wizard.where, ({ items }) => /^Keycloak/.test(items[0] ?? ''));
    await window.quickInput.accept();
    await window.quickInput.read('Keycloak', ({ placeholder }) =>
      /^The host of Keycloak.*, such as login\.example\.com$/.test(placeholder),
    );
    await window.quickInput.type('https://login.example.com/');
    await window.quickInput.pick('Use login.example.com');
    await window.quickInput.pick('Continue with “login.example.com”');
    await window.quickInput.read(/^The realm/);
    await window.quickInput.goBack(/^The host/, ({ value }) => value === 'login.example.com');
    await window.quickInput.goBack(wizard.where);
  });

  it('chooses another known provider, of which no values are asked', async () => {
    await typeAddress('github');
    await window.quickInput.pick(/^GitHub$/);
    await window.quickInput.read('Register an app with github.com');
    await window.quickInput.goBack(wizard.where);
  });

  it('reads in the wizard what is wrong with the server behind an address, and changes it there', async () => {
    const nobody = createServer();
    const port = await listen(nobody);
    await stop(nobody);
    for (const [address, reason] of [
      [`http://nobody.localhost:${port}`, /Couldn’t reach nobody\.localhost:\d+/],
      [stage.identityProvider.address, /The metadata there names the issuer/],
    ] as const) {
      await connectTo(window, address);
      await waitForRow(reason);
      // It need not be typed again.
      await window.quickInput.read(wizard.where, ({ value }) => value === address);
      await window.screenshot(`add-provider-not-found-${address.length}`);
      await waitForRow(/Show Log/);
    }
    await eventually(async () => assert.deepEqual(await window.notifications(), []));
    assert.equal(await configured(), undefined);
  });

  it('gives the address of an API, which leads to the provider that it trusts', async () => {
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
      await connectTo(window, `http://api.localhost:${port}/v1`);
      const { issuer } = stage.identityProvider;
      const { host } = new URL(issuer);
      await window.quickInput.read(wizard.summary, ({ items }) => {
        const rows = items.join(' | ');
        return (
          rows.includes(`api.localhost:${port} uses ${host} to sign in, `) &&
          rows.includes(issuer) &&
          rows.includes(`The API http://api.localhost:${port}/v1 trusts this provider`)
        );
      });
      await window.screenshot('add-provider-other-host');
      await window.quickInput.goBack(wizard.where);
    } finally {
      await stop(api);
    }
  });

  it('goes back from every page, finds there what was answered, and goes on after leaving', async () => {
    await connectTo(window, stage.identityProvider.issuer);
    await window.quickInput.read(wizard.summary);
    const { issuer } = stage.identityProvider;
    await window.quickInput.goBack(wizard.where, ({ value }) => value === issuer);
    await window.quickInput.pick(/Connect to /);
    await chooseClientId(window);
    await window.quickInput.type('mistyped');
    await window.quickInput.goBack(wizard.client);
    await window.quickInput.pick(/Use a client ID/);
    await window.quickInput.read(wizard.register, ({ value }) => value === 'mistyped');
    await window.quickInput.pick(/Continue with client ID/);
    await window.quickInput.read(wizard.summary);
    await window.quickInput.pick(/Change scopes…/);
    await window.quickInput.read('Scopes');
    await window.screenshot('add-provider-scopes');
    await window.quickInput.goBack(wizard.summary);
    await window.quickInput.cancel();
    await assertSilent(window);
    assert.equal(await configured(), undefined);
    await window.runCommand('OIDC: Add Identity Provider…');
    await window.quickInput.read(wizard.where);
    await window.screenshot('add-provider-continue');
    await window.quickInput.pick(/Continue adding /);
    await window.quickInput.read(wizard.summary, ({ items }) =>
      items.some(item => item.includes('Change client…, mistyped')),
    );
  });

  it('whose first sign-in fails has added nothing, and changes in the summary what was wrong', async () => {
    await window.quickInput.accept();
    await window.quickInput.read(undefined, ({ items }) =>
      items.some(item => item.includes('Sign-in failed: ')),
    );
    await window.screenshot('add-provider-failed');
    assert.equal(await configured(), undefined);
    await waitFor('no message', async () => (await window.notifications()).length === 0);
    await window.quickInput.goBack(wizard.where);
  });

  it('gives the right address, sees what is offered and what to register, and signs in', async () => {
    await connectTo(window, `${stage.identityProvider.issuer}/`);
    await window.quickInput.read(wizard.summary, ({ items }) =>
      items.join(' | ').includes('Show what it supports, browser, device code, automatic registration'),
    );
    await window.screenshot('add-provider-summary');
    await chooseClientId(window);
    for (const uri of ['code-oss://vscode-oidc.oidc-authentication/callback', 'http://127.0.0.1/callback'])
      await window.quickInput.read(wizard.register, ({ items }) =>
        items.some(item => item.startsWith(`${uri}, Copy,`)),
      );
    await window.screenshot('add-provider-register');
    await window.quickInput.pick(/Ask your administrator/);
    await waitForCopied();
    await window.quickInput.goBack(wizard.client);
    await window.quickInput.goBack(wizard.summary);
    await signIn();
    const { host } = new URL(stage.identityProvider.issuer);
    await window.waitForNotification(`Signed in to ${host} as alice.`);
    await window.screenshot('add-provider-signed-in');
  });

  it('finds the provider in the settings, and the account under its name', async () => {
    const { host } = new URL(stage.identityProvider.issuer);
    await eventually(async () =>
      assert.deepEqual(await configured(), {
        oidc: {
          label: host,
          issuer: stage.identityProvider.issuer,
          clientId: stage.identityProvider.clients.editorWeb.clientId,
          allowLoopbackHttp: true,
        },
      }),
    );
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
    await connectTo(window, stage.identityProvider.issuer);
    await rename(window, 'The Club');
    await window.quickInput.read(wizard.summary, ({ items }) =>
      items.some(item => item.includes('Change provider ID…, the-club')),
    );
    const opened = window.nextPage();
    await window.quickInput.accept();
    await signInOnPage(await opened, people.alice);
    await window.waitForNotification('Signed in to The Club as alice.');
    await eventually(async () => {
      const providers = (await configured()) as Record<string, unknown>;
      assert.deepEqual(providers['the-club'], {
        label: 'The Club',
        issuer: stage.identityProvider.issuer,
        allowLoopbackHttp: true,
      });
    });
  });

  it('gives it another name, and removes it', async () => {
    await window.runCommand('OIDC: Rename Identity Provider…');
    await window.quickInput.read(/Rename which/);
    await window.quickInput.pick('The Club');
    // The box is given the name that it begins with after it was opened; what is typed before that is lost.
    await eventually(async () => {
      await window.quickInput.type('The Society');
      const { value } = await window.quickInput.read('Rename The Club');
      assert.equal(value, 'The Society');
    });
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
    await connectTo(window, stage.identityProvider.issuer);
    await signIn();
    await window.runCommand('Consumer: Who Am I?');
    await window.waitForNotification(`You are ${people.alice.name}`);
    await window.waitForAccountsLabel('Accounts');
  });
});
