import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { approveDeviceOnPage, signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { wizard } from '../../editor/workbench/wizard.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { noProgress, waitForProgress } from '../signingIn.ts';

describe('a person who has only the address of a provider, and a keyboard', function () {
  this.timeout(240_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;
  /** What was answered in the wizard: each Enter is an answer. */
  let inputs = 0;

  before(async () => {
    stage = await openStage({ unconfigured: true, faults: true });
    person = await stage.newPerson();
    window = await stage.openWindow(person, { agrees: false });
  });
  after(() => stage?.close());
  beforeEach(() => window.clearNotifications());

  async function enter(text?: string): Promise<void> {
    const { keyboard } = window.page;
    if (text !== undefined) await keyboard.type(text);
    inputs++;
    await keyboard.press('Enter');
  }

  async function begin(): Promise<void> {
    inputs = 0;
    await window.runCommand('OIDC: Add Identity Provider…');
    await window.quickInput.read(wizard.where);
    await enter(stage.identityProvider.issuer);
  }

  /** Moves to a row with the keys. */
  async function moveTo(row: RegExp): Promise<void> {
    await waitFor(`the row ${String(row)}`, async () => {
      const focused = window.page.locator('.quick-input-list .monaco-list-row.focused');
      if (row.test((await focused.first().getAttribute('aria-label')) ?? '')) return true;
      await window.page.keyboard.press('ArrowDown');
      return false;
    });
  }

  const host = (): string => new URL(stage.identityProvider.issuer).host;
  const signedInAs = (who: string): Promise<unknown> =>
    window.waitForNotification(`Signed in to ${host()} as ${who}.`);

  /** The metadata, without the registration endpoint. */
  function closeRegistration(): void {
    const body = (text: string): string => text.replace('"registration_endpoint"', '"not_offered"');
    for (const path of [
      stage.identityProvider.endpoints.configuration,
      '/.well-known/oauth-authorization-server',
    ])
      stage.faults?.on(path, { kind: 'replace', body }, { sticky: true });
  }

  /**
   * Enters the code of the message on the page of the provider, as on another device. A panel of this editor can stay
   * empty where its service worker never gets ready (`ui/signIn/deviceCodePanel.ts`); deviceCode.test.ts has the panel.
   */
  async function signInWithCode(): Promise<void> {
    const said = await waitForProgress(window, /enter the code/);
    const [, code = ''] = /enter the code ([A-Z]{4}-[A-Z]{4})/.exec(said) ?? [];
    const page = await person.newPage();
    await page.goto(stage.identityProvider.issuer + stage.identityProvider.endpoints.deviceVerification);
    await page.locator('input[name=user_code]').fill(code);
    await approveDeviceOnPage(page, people.alice);
    await page.close();
    await window.page.bringToFront();
  }

  it('answers twice where the editor registers itself', async () => {
    await begin();
    const { items } = await window.quickInput.read(wizard.summary);
    assert.match(
      items[0] ?? '',
      /Sign in to .*, Opens your browser\. The editor registers itself automatically\.$/,
    );
    const opened = window.nextPage();
    await enter();
    assert.equal(inputs, 2);
    await signInOnPage(await opened, people.alice);
    await signedInAs('alice');
  });

  it('signs in as someone else, although the browser is still signed in', async () => {
    const opened = window.nextPage();
    await window.runCommand('OIDC: Sign In');
    const page = await opened;
    await page.locator('main[data-page="login"]').waitFor();
    await signInOnPage(page, people.bob);
    await signedInAs('bob');
    await page.close();
    await eventually(async () => {
      const entries = await window.accountsMenuEntries();
      assert.deepEqual(entries.slice(0, 2), [`alice (${host()})`, `bob (${host()})`]);
    });
  });

  it('closes the page of the provider, and opens it again', async () => {
    let opened = window.nextPage();
    await window.runCommand('OIDC: Sign In');
    await (await opened).close();
    opened = window.nextPage();
    await window.followLink(/^Signing in to/, 'Open Page Again');
    const page = await opened;
    await signInOnPage(page, people.alice);
    await signedInAs('alice');
    await page.close();
  });

  it('finds out why a method does not work', async () => {
    const opened = window.nextPage();
    await window.runCommand('OIDC: Sign In');
    const page = await opened;
    await window.followLink(/^Signing in to/, 'Try Another Way');
    await window.quickInput.read(/How do you want to sign in/);
    await moveTo(/bridge page, Diagnose/);
    await window.page.keyboard.press('Enter');
    await window.page.getByRole('tab', { name: /^Diagnosis of / }).waitFor();
    await waitForProgress(window, /Continue in your browser/);
    await page.close();
    await window.pressNotification(/^Signing in to/, 'Cancel');
    await noProgress(window);
    await window.runCommand('View: Close Editor');
  });

  it('answers three times where a client ID is needed', async () => {
    closeRegistration();
    await begin();
    const { items } = await window.quickInput.read(wizard.register);
    assert.match(
      items[0] ?? '',
      /Ask your administrator, Copies a request, because the editor can’t register itself\./,
    );
    await enter(stage.identityProvider.clients.editorWeb.clientId);
    const [first] = (await window.quickInput.read(wizard.summary)).items;
    assert.match(first ?? '', /Shows a code to enter in any browser\.$/, 'no browser opens by itself');
    await enter();
    assert.equal(inputs, 3);
    await signInWithCode();
    await signedInAs('alice');
  });

  it('is led to the client secret, where nothing said that one is needed', async () => {
    const { clientId, clientSecret } = stage.identityProvider.clients.editorSecret;
    await begin();
    await window.quickInput.read(wizard.register);
    await enter(clientId);
    await window.quickInput.read(wizard.summary);
    await enter();
    await window.quickInput.read(wizard.summary, ({ items }) =>
      items.some(item => item.includes('Enter client secret…')),
    );
    await moveTo(/Sign-in failed: /);
    await enter();
    await window.quickInput.read(wizard.secret);
    await enter(clientSecret);
    await window.quickInput.read(wizard.summary);
    await enter();
    assert.equal(inputs, 6);
    await signInWithCode();
    await signedInAs('alice');
  });

  it('answers four times for a client with a secret, where the server takes clients without one, too', async () => {
    const { clientId, clientSecret } = stage.identityProvider.clients.editorSecret;
    await begin();
    await window.quickInput.read(wizard.register);
    await window.page.keyboard.type(clientId);
    await window.quickInput.read(wizard.register, ({ items }) =>
      items.some(item => item.includes('Enter client secret…')),
    );
    await moveTo(/Enter client secret…/);
    await window.screenshot('client-id-with-secret');
    await enter();
    await window.quickInput.read(wizard.secret);
    await enter(clientSecret);
    await window.quickInput.read(wizard.summary);
    await enter();
    assert.equal(inputs, 4);
    await signInWithCode();
    await signedInAs('alice');
  });

  it('answers five times for a service', async () => {
    const { clientId, clientSecret } = stage.identityProvider.clients.editorSecret;
    await begin();
    await window.quickInput.read(wizard.register);
    await moveTo(/Use a service client/);
    await enter();
    await window.quickInput.read(/^Register a service client/);
    await enter(clientId);
    await window.quickInput.read(wizard.secret);
    await enter(clientSecret);
    await window.quickInput.read(wizard.summary);
    await enter();
    assert.equal(inputs, 5);
    await signedInAs(`service: ${clientId}`);
  });
});
