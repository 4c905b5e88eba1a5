import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { approveDeviceOnPage, signInOnPage } from '../manifest/client/playwright.ts';
import type { Workbench } from '../editor/workbench.ts';
import { panelOf } from '../editor/workbench/panel.ts';
import { eventually, waitFor } from '../editor/workbench/waiting.ts';
import { accountEntry, lastRequest, noProgress, openSignIn, startSignIn } from '../endToEnd/signingIn.ts';
import { startBridgeHost, type BridgeHost } from '../servers/bridgeHost.ts';
import { bridgedClient } from '../servers/identityProvider/clients.ts';
import { endpoints } from '../servers/identityProvider/configuration.ts';
import { people } from '../servers/identityProvider/people.ts';
import { namePages, openStage, type Stage } from '../stage/stage.ts';

describe('the extension in a web worker', function () {
  this.timeout(240_000);
  let site: BridgeHost;
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    site = await startBridgeHost();
    stage = await openStage({
      webWorker: true,
      identityProvider: { clients: [bridgedClient(site.bridge)] },
      providers: {
        oidc: { label: 'Company' },
        // It takes only addresses that never change, and that of an editor in the browser does.
        strict: { label: 'Strict', clientId: 'editor', acceptsChangingRedirectUri: false },
        bridge: { label: 'Bridge', clientId: 'bridged', redirect: { bridge: site.bridge } },
        paste: { label: 'Paste', clientId: 'editor', signInMethod: 'paste' },
        gone: { label: 'Gone', issuer: 'http://localhost:1' },
      },
    });
    site.allow(stage.editor.origin);
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(async () => {
    await stage?.close();
    await site?.close();
  });
  beforeEach(() => namePages(stage));
  afterEach(async () => {
    stage.faults?.heal();
    stage.identityProvider.settings.allowsOrigins = true;
    await window.clearNotifications();
    await person.clearCookies({ domain: /localhost$/ });
  });

  const { requestsTo } = { requestsTo: (path: string) => stage.identityProvider.requestsTo(path) };

  it('runs there, and other extensions may run elsewhere', async () => {
    await window.waitForAccountsLabel(/Sign in requested/);
    await eventually(async () => {
      const logs = [...(await stage.editor.readLogs()).keys()].join(' ');
      assert.match(logs, /exthost/);
      assert.doesNotMatch(logs, /vscode-oidc\.oidc-authentication/, 'the server does not run it');
    });
  });

  it('signs in with the browser, and comes back by the address of the editor', async () => {
    const page = await openSignIn(window, 'Company');
    assert.ok(lastRequest(stage, 'redirect_uri').startsWith(`${stage.editor.origin}/stable-`));
    await signInOnPage(page, people.alice);
    assert.equal(await accountEntry(window, 'Company'), 'alice (Company)');
    await noProgress(window);
    await window.screenshot('web-worker-signed-in');

    await window.runCommand('Consumer: Who Am I?');
    await window.acceptDialog('Allow', /Consumer|consumer/);
    await window.quickInput.pick(/^alice/);
    await window.waitForNotification(`You are ${people.alice.name}`);
  });

  it('goes through a bridge page', async () => {
    const page = await openSignIn(window, 'Bridge');
    assert.equal(lastRequest(stage, 'redirect_uri'), site.bridge);
    await signInOnPage(page, people.alice);
    assert.equal(await accountEntry(window, 'Bridge'), 'alice (Bridge)');
  });

  it('takes the address on which the browser ends', async () => {
    const page = await openSignIn(window, 'Paste');
    const failed = page.waitForEvent('requestfailed', request => request.url().includes('code='));
    await signInOnPage(page, people.alice);
    const ended = (await failed).url();
    await window.followLink(/^Signing in to/, 'Paste URL');
    await window.quickInput.read('Sign in to Paste');
    await window.quickInput.type(ended);
    await window.quickInput.accept();
    assert.equal(await accountEntry(window, 'Paste'), 'alice (Paste)');
  });

  it('shows a device code where no answer comes back, and nothing can listen', async () => {
    await startSignIn(window, 'Strict');
    const panel = panelOf(window.page);
    const code = await waitFor('a code in the panel', async () => {
      const shown = panel.locator('#code');
      return (await shown.isVisible()) && (await shown.innerText()).trim();
    });
    await window.screenshot('web-worker-device-code');
    const address = new URL(await panel.locator('#address').innerText());
    const phone = await stage.browser.newContext();
    const page = await phone.newPage();
    await page.goto(address.href);
    await page.locator('input[name=user_code]').fill(code);
    await approveDeviceOnPage(page, people.bob);
    await phone.close();
    assert.equal(await accountEntry(window, 'Strict'), 'bob (Strict)');
  });

  it('says before anybody signs in that the server withholds its answers', async () => {
    stage.identityProvider.settings.allowsOrigins = false;
    const before = requestsTo(endpoints.authorization).length;
    await startSignIn(window, 'Company');
    const { message } = await window.waitForNotification(/Sign-in to Company failed/);
    await window.screenshot('web-worker-withheld');
    assert.match(message, /localhost:\d+ doesn’t allow requests from browser-based editors \(CORS\)/);
    assert.match(message, /Ask the provider’s administrator to allow this editor’s origin/);
    assert.equal(requestsTo(endpoints.authorization).length, before, 'no page was opened');
  });

  it('says that a server is there whose metadata it may not read', async () => {
    const status = { kind: 'status', status: 200, body: '{}' } as const;
    stage.faults?.heal();
    stage.faults?.on('*', { ...status, headers: { 'content-type': 'application/json' } }, { sticky: true });
    await window.runCommand('OIDC: Diagnose Provider…');
    await window.quickInput.pick(/^Company/);
    await eventually(async () => {
      const shown = await window.page.locator('.monaco-editor .view-lines').first().innerText();
      const text = shown.replaceAll(/\s+/g, ' ');
      assert.match(text, /CORS/);
      assert.match(text, /doesn’t allow requests from browser-based editors/);
    });
    await window.screenshot('web-worker-diagnosis');
  });

  it('says both where it cannot know: nobody there, or nobody who allows it', async () => {
    await startSignIn(window, 'Gone');
    const { message } = await window.waitForNotification(/Sign-in to Gone failed/);
    assert.match(message, /Couldn’t reach localhost:1 \(either the host is unreachable/);
    assert.match(message, /or it doesn’t allow this editor to read its responses \(CORS\)/);
  });

  it('is still signed in after a reload', async () => {
    await window.reload();
    assert.equal(await accountEntry(window, 'Company'), 'alice (Company)');
  });

  it('signs out, and the provider is told', async () => {
    const before = requestsTo(endpoints.revocation).length;
    await window.chooseAccountAction('alice (Company)', 'Sign Out');
    await window.acceptDialog('Sign Out');
    await waitFor('the provider to be told', () =>
      Promise.resolve(requestsTo(endpoints.revocation).length > before),
    );
  });
});
