import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { connectTo, wizard } from '../../editor/workbench/wizard.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';

/** With `WIZARD_PICTURES=1`, there are pictures of each page in each theme: their colors are the editor's. */
const inEveryTheme = process.env['WIZARD_PICTURES'] === '1';
const pictures = join(import.meta.dirname, '..', '..', '..', 'dist', 'test', 'wizard');

/** The editor's themes, by the class that the workbench then has. */
const themes = {
  'Dark Modern': 'vs-dark',
  'Light Modern': 'vs',
  'Dark High Contrast': 'hc-black',
  'Light High Contrast': 'hc-light',
};

const box = '.quick-input-widget';
const sidebar = '.part.sidebar';

for (const [theme, name] of Object.entries(themes).slice(0, inEveryTheme ? undefined : 1))
  describe(`each page of the wizard and the view of sign-ins, in ${theme}, can be read and worked by everybody`, function () {
    this.timeout(300_000);
    let stage: Stage;
    let window: Workbench;
    /** The rules that the editor's own lists break: an extension gives the texts of rows, and not their elements. */
    const ofTheEditor = new Set<string>([
      // Its list to choose several from is a listbox of checkboxes.
      'aria-required-children',
    ]);

    before(async () => {
      await mkdir(pictures, { recursive: true });
      stage = await openStage({ unconfigured: true, settings: { 'oidc.signIn.method': 'uri-handler' } });
      window = await stage.openWindow(await stage.newPerson(), { agrees: false });
      await window.runCommand('Preferences: Color Theme');
      await window.quickInput.type(theme);
      await window.quickInput.pick(theme);
      await window.page.locator(`.monaco-workbench.${name}`).waitFor();
    });
    after(() => stage?.close());

    async function violationsIn(
      part: string,
    ): Promise<{ readonly id: string; readonly at: readonly string[] }[]> {
      await window.page.evaluate(axe.source);
      return window.page.evaluate(
        async ([within]) => {
          const { axe: tool } = globalThis as unknown as { axe: typeof axe };
          const found = await tool.run(within, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
            rules: { 'color-contrast': { enabled: false } },
          });
          return found.violations.map(({ id, nodes }) => ({ id, at: nodes.map(node => node.html) }));
        },
        [part] as const,
      );
    }

    async function check(name: string, part = box): Promise<void> {
      const violations = await violationsIn(part);
      assert.deepEqual(
        violations.filter(({ id }) => !ofTheEditor.has(id)),
        [],
        name,
      );
      const rows = await window.page
        .locator(`${part} .monaco-list-row`)
        .evaluateAll(elements =>
          elements.map(row => [
            row.getAttribute('aria-label') ?? '',
            row.querySelector<HTMLElement>('.label-name')?.innerText.trim() ?? '',
          ]),
        );
      for (const [spoken = '', label = ''] of rows) assert.ok(spoken.includes(label), `${name}: ${spoken}`);
    }

    /** Checks what is shown now. */
    async function look(page: string, part?: string): Promise<void> {
      await check(page, part);
      if (inEveryTheme) await window.page.screenshot({ path: join(pictures, `${page}-${name}.png`) });
    }

    const back = (): Promise<void> => window.page.getByRole('button', { name: 'Back' }).click();
    const waitForRow = (row: RegExp): Promise<unknown> =>
      waitFor(`the row ${String(row)}`, async () =>
        (await window.quickInput.read()).items.some(item => row.test(item)),
      );

    it('as the lists of the editor itself can', async () => {
      for (const list of ['Preferences: Color Theme', 'Show All Commands']) {
        await window.runCommand(list);
        await window.page.locator(`${box} .monaco-list-row`).first().waitFor();
        for (const { id } of await violationsIn(box)) ofTheEditor.add(id);
        await window.quickInput.cancel();
      }
      for (const { id } of await violationsIn(sidebar)) ofTheEditor.add(id);
      assert.ok(ofTheEditor.size <= 6, [...ofTheEditor].join());
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
      await back();
      await window.quickInput.read(/^The host/);
      await back();
      await window.quickInput.read(wizard.where);
      await window.quickInput.type('https://me:secret@login.example.com');
      await waitForRow(/must not contain/);
      await look('where-wrong');
      await connectTo(window, stage.identityProvider.address);
      await waitForRow(/Show Log/);
      const [first = ''] = (await window.quickInput.read()).items;
      assert.match(first, /The metadata at /, 'the message begins in the first row');
      await look('not-found');
    });

    it('the summary, and what can be changed there', async () => {
      await connectTo(window, stage.identityProvider.issuer);
      await window.quickInput.read(wizard.summary);
      await look('summary');
      await window.quickInput.pick(/Change name…/);
      await window.quickInput.read(wizard.name);
      await look('name');
      await back();
      await window.quickInput.pick(/Change scopes…/);
      await window.quickInput.read('Scopes');
      await look('scopes');
      await back();
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
      await back();
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
      await look('sign-ins', sidebar);
    });
  });
