import assert from 'node:assert/strict';
import { trusting } from '../../editor/trusted.ts';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import {
  accessibilityOf,
  chooseTheme,
  parts,
  themes,
  type Accessibility,
} from '../../editor/workbench/accessible.ts';
import { pasteClientId, wizard } from '../../editor/workbench/wizard.ts';
import { createCertificateAuthority } from '../../servers/certificates.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { startQlikTenant, type QlikTenant } from '../../servers/qlikTenant.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';

for (const [theme, name] of themes)
  describe(`each dialog, and the user of a client, in ${theme}, can be read and worked by everybody`, function () {
    this.timeout(300_000);
    let stage: Stage;
    let tenant: QlikTenant;
    let window: Workbench;
    let accessibility: Accessibility;
    const ends: (() => Promise<void>)[] = [];

    before(async () => {
      const authority = await createCertificateAuthority('Test Authority');
      const host = 'acme.localhost';
      tenant = await startQlikTenant(host, await authority.issue('tenant', { hosts: [host] }));
      ends.push(() => tenant.close());
      const trusted = await trusting(authority);
      ends.push(() => trusted.remove());
      stage = await openStage(trusted);
      ends.push(() => stage.close());
      window = await stage.openWindow(await stage.newPerson(), { agrees: false });
      await chooseTheme(window, theme, name);
      accessibility = accessibilityOf(window, name);
    });
    after(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    /** A dialog takes all keys, so that its buttons say what they do and the first one is before the person. */
    async function lookAtDialog(page: string, message: RegExp, buttons: readonly string[]): Promise<void> {
      const dialog = await window.readDialog(message);
      assert.deepEqual([...dialog.buttons].sort(), [...buttons, 'Cancel'].sort(), page);
      await accessibility.look(page, parts.dialog);
      const box = window.page.locator(parts.dialog);
      const spoken = await box.evaluate(element => {
        const ids = (element.getAttribute('aria-describedby') ?? '').split(' ');
        return ids.map(id => document.getElementById(id)?.textContent ?? '').join(' ');
      });
      const words = (text: string): string => text.replaceAll(/\s+/g, '');
      for (const text of [dialog.message, dialog.detail])
        assert.ok(words(spoken).includes(words(text)), `${page}: “${spoken}” lacks “${text}”`);
      const focused = box.locator('.dialog-buttons .monaco-button:focus');
      assert.equal(await focused.innerText(), buttons[0], `${page}: Enter presses the first button`);
    }

    it('as the dialogs and lists of the editor itself can', async () => {
      await accessibility.learnLists();
      await window.runCommand('Help: About');
      await window.page.locator(parts.dialog).waitFor();
      await accessibility.learn(parts.dialog);
      await window.page.keyboard.press('Escape');
      await window.page.locator(parts.dialog).waitFor({ state: 'hidden' });
      assert.ok(accessibility.forgiven.size <= 6, [...accessibility.forgiven].join());
    });

    it('the question before the first sign-in to a provider', async () => {
      await window.runCommand('OIDC: Sign In');
      await lookAtDialog('dialog-consent', /^Sign in to .* for the first time\?$/, ['Review…', 'Sign In']);
      const opened = window.nextPage();
      await window.acceptDialog('Sign In');
      await signInOnPage(await opened, people.alice);
      await window.waitForNotification(/^Signed in to /);
      await window.clearNotifications();
    });

    it('the questions before somebody is signed out, and a provider removed', async () => {
      await window.runCommand('OIDC: Sign Out');
      await window.quickInput.read('Sign out which account?');
      await window.quickInput.accept();
      await lookAtDialog('dialog-sign-out', /^Sign out alice /, ['Review…', 'Sign Out']);
      await window.acceptDialog('Cancel');
      await window.runCommand('OIDC: Remove Identity Provider…');
      await window.quickInput.read('Remove which identity provider?');
      await window.quickInput.accept();
      await lookAtDialog('dialog-remove', new RegExp(`^Remove ${providerLabel}\\?`), [
        'No',
        'Sign Out and Remove',
        'Remove and Keep Data',
      ]);
      await window.acceptDialog('Cancel');
    });

    it('the page that asks for the user of a client', async () => {
      const { quickInput } = window;
      await window.runCommand('OIDC: Add Identity Provider…');
      await quickInput.read(wizard.where);
      await quickInput.type('qlik');
      await quickInput.pick(/^Qlik Cloud/);
      await quickInput.read('Qlik Cloud');
      await quickInput.type(tenant.host);
      await quickInput.pick(/Continue with/);
      await quickInput.read(wizard.client);
      await accessibility.look('client-kinds');
      await quickInput.pick(/impersonation, No user signs in/);
      await pasteClientId(window, 'deputy');
      await quickInput.read(wizard.secret);
      await quickInput.type('a secret');
      await quickInput.accept();
      await quickInput.read('User');
      await accessibility.look('user');
      await quickInput.type('alice');
      await quickInput.read('User', ({ items }) => items.some(item => /Continue with user ID/.test(item)));
      await accessibility.look('user-typed');
      await quickInput.pick(/Continue with subject/);
      await quickInput.read(wizard.summary, ({ items }) => items.some(item => /Change user…/.test(item)));
      await accessibility.look('summary-user');
      await quickInput.cancel();
    });
  });
