import assert from 'node:assert/strict';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import {
  accessibilityOf,
  chooseTheme,
  parts,
  themes,
  type Accessibility,
} from '../../editor/workbench/accessible.ts';
import { connectTo, wizard } from '../../editor/workbench/wizard.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';

for (const [theme, name] of themes)
  describe(`each page of the wizard and the view of sign-ins, in ${theme}, can be read and worked by everybody`, function () {
    this.timeout(300_000);
    let stage: Stage;
    let window: Workbench;
    let accessibility: Accessibility;
    const look = (page: string, part?: string): Promise<void> => accessibility.look(page, part);

    before(async () => {
      stage = await openStage({ unconfigured: true, settings: { 'oidc.signIn.method': 'uri-handler' } });
      window = await stage.openWindow(await stage.newPerson(), { agrees: false });
      await chooseTheme(window, theme, name);
      accessibility = accessibilityOf(window, name);
    });
    after(() => stage?.close());

    const waitForRow = (row: RegExp): Promise<unknown> =>
      window.quickInput.read(undefined, ({ items }) => items.some(item => row.test(item)));

    it('as the lists of the editor itself can', async () => {
      await accessibility.learnLists();
      await accessibility.learn(parts.sidebar);
      const { forgiven } = accessibility;
      assert.ok(forgiven.size <= 6, [...forgiven].join());
    });

    it('where to sign in, with what is typed there and what is wrong with it', async () => {
      await window.runCommand('OIDC: Add Identity Provider…');
      await window.quickInput.read(wizard.where);
      await waitForRow(/^Okta/);
      await look('where');
      await window.quickInput.type('keycl');
      await waitForRow(/^Keycloak/);
      await look('where-known');
      await window.quickInput.accept();
      await window.quickInput.read('Keycloak');
      await look('value');
      await window.quickInput.type('login.example.com');
      await window.quickInput.pick('Continue with “login.example.com”');
      await window.quickInput.read(/^The realm/);
      await look('value-second');
      await window.quickInput.goBack(/^The host/);
      await window.quickInput.goBack(wizard.where);
      await window.quickInput.type('https://me:secret@login.example.com');
      await waitForRow(/must not contain/);
      await look('where-wrong');
      await connectTo(window, stage.identityProvider.address);
      await waitForRow(/Show Log/);
      // The message begins in the first row.
      await window.quickInput.read(undefined, ({ items: [first = ''] }) =>
        first.includes('The metadata there names'),
      );
      await look('not-found');
    });

    it('the summary, and what can be changed there', async () => {
      await connectTo(window, stage.identityProvider.issuer);
      await window.quickInput.read(wizard.summary);
      await look('summary');
      await window.quickInput.pick(/Change name…/);
      await window.quickInput.read(wizard.name);
      await look('name');
      await window.quickInput.goBack(wizard.summary);
      await window.quickInput.pick(/Change scopes…/);
      await window.quickInput.read('Scopes');
      await look('scopes');
      await window.quickInput.goBack(wizard.summary);
      await window.quickInput.pick(/Change client…/);
      await window.quickInput.read(wizard.client);
      await look('client');
    });

    it('what to register, and how the client authenticates', async () => {
      await window.quickInput.pick(/Use a client ID/);
      await window.quickInput.read(wizard.register);
      await look('register');
      await window.quickInput.type('abc123');
      await waitForRow(/Continue with client ID/);
      await look('register-id');
      await window.quickInput.goBack(wizard.client);
      await window.quickInput.pick(/Use a service client/);
      await window.quickInput.read(wizard.register);
      await look('register-service');
      await window.quickInput.type('reports');
      await window.quickInput.pick(/Continue with client ID/);
      await window.quickInput.read(wizard.secret);
      await look('secret');
      await window.quickInput.accept();
      await window.quickInput.read(wizard.summary);
      await look('summary-service');
      await window.quickInput.pick(/Change client authentication…/);
      await window.quickInput.read('Client authentication');
      await look('method');
      await window.quickInput.cancel();
    });

    it('the view of sign-ins', async () => {
      await window.runCommand('OIDC: Add Identity Provider…');
      await window.quickInput.read(wizard.where);
      await look('continue');
      await connectTo(window, stage.identityProvider.issuer);
      await window.quickInput.read(wizard.summary);
      const opened = window.nextPage();
      await window.quickInput.accept();
      await signInOnPage(await opened, people.alice);
      await window.waitForNotification(/^Signed in to /);
      await window.clearNotifications();
      await window.runCommand('OIDC: Show Sign-ins');
      const tree = window.page.locator('.pane-body .monaco-list[aria-label*="Sign-ins"]');
      await tree.getByText('alice').first().waitFor();
      await look('sign-ins', parts.sidebar);
    });
  });
