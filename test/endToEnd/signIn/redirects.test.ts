import assert from 'node:assert/strict';
import type { BrowserContext, Page } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { startBridgeHost, type BridgeHost } from '../../servers/bridgeHost.ts';
import { bridgedClient } from '../../servers/identityProvider/clients.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry, lastRequest, listens, noProgress, lastAddress, openSignIn } from '../signingIn.ts';

describe('each way back from the browser, in a real VS Code', function () {
  this.timeout(180_000);
  let site: BridgeHost;
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    site = await startBridgeHost();
    stage = await openStage({
      identityProvider: { clients: [bridgedClient(site.bridge, site.relay)] },
      providers: {
        oidc: { label: 'Registers', clientId: undefined, acceptsChangingRedirectUri: false },
        loopback: { label: 'Loopback', clientId: 'editor', signInMethod: 'loopback' },
        bridge: { label: 'Bridge', clientId: 'bridged', redirect: { bridge: site.bridge } },
        relay: { label: 'Relay', clientId: 'bridged', redirect: { relay: site.relay } },
        paste: { label: 'Paste', clientId: 'editor', signInMethod: 'paste' },
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
  afterEach(async () => {
    await window.clearNotifications();
    await person.clearCookies({ domain: 'idp.localhost' });
  });

  const logged = async (): Promise<string> => [...(await stage.editor.readLogs()).values()].join('\n');

  it('registers the address of this window with a provider for which no client id is set', async () => {
    const page = await openSignIn(window, 'Registers');
    const redirectUri = lastRequest(stage, 'redirect_uri');
    assert.ok(redirectUri.startsWith(`${stage.editor.origin}/stable-`), redirectUri);
    assert.match(redirectUri, /vscode-reqid=\d+/);
    const { requestsTo, endpoints } = stage.identityProvider;
    const [registration, ...others] = requestsTo(endpoints.registration);
    assert.deepEqual(registration?.body['redirect_uris'], [redirectUri], 'that address and no other');
    assert.equal(others.length, 0);

    await signInOnPage(page, people.alice);
    assert.equal(await accountEntry(window, 'Registers'), 'alice (Registers)');
    assert.notEqual(lastRequest(stage, 'client_id'), 'editor-web');
  });

  it('takes the answer on this computer, where the browser is told so', async () => {
    const page = await openSignIn(window, 'Loopback');
    const redirectUri = lastRequest(stage, 'redirect_uri');
    assert.match(redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    const port = Number(new URL(redirectUri).port);
    assert.ok(await listens(port));
    await window.screenshot('loopback-waiting');

    await signInOnPage(page, people.alice);
    await page.getByRole('heading').waitFor();
    await window.screenshot('loopback-page', page);
    await page
      .getByText(/close this (page|tab|window)/i)
      .first()
      .waitFor();
    assert.equal(await accountEntry(window, 'Loopback'), 'alice (Loopback)');
    await waitFor('nobody to listen there afterwards', async () => !(await listens(port)));
  });

  it('goes through a bridge page, whose address stays the same', async () => {
    const page = await openSignIn(window, 'Bridge');
    assert.equal(lastRequest(stage, 'redirect_uri'), site.bridge);
    await signInOnPage(page, people.alice);
    assert.equal(await accountEntry(window, 'Bridge'), 'alice (Bridge)');
    assert.ok(site.requests.includes('/bridge.html'));
    assert.ok(page.url().startsWith(`${stage.editor.origin}/stable-`), 'and from there to the editor');
  });

  it('goes through a relay that opens the address in the state', async () => {
    const page = await openSignIn(window, 'Relay');
    assert.equal(lastRequest(stage, 'redirect_uri'), site.relay);
    await signInOnPage(page, people.alice);
    assert.equal(await accountEntry(window, 'Relay'), 'alice (Relay)');
    assert.ok(site.requests.includes('/redirect'));
  });

  describe('by an address that is pasted', () => {
    let ended: string;

    /** Signs in, and ends on a page that cannot be opened. */
    async function signInAndFail(page: Page): Promise<string> {
      const failed = page.waitForEvent('requestfailed', request => request.url().includes('code='));
      await signInOnPage(page, people.alice);
      return (await failed).url();
    }

    it('takes the whole address, and refuses that of another sign-in', async () => {
      const page = await openSignIn(window, 'Paste');
      const redirectUri = lastRequest(stage, 'redirect_uri');
      assert.match(redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
      assert.ok(!(await listens(Number(new URL(redirectUri).port))), 'nobody listens there');
      ended = await signInAndFail(page);
      await window.screenshot('paste-waiting');

      await window.followLink(/^Signing in to/, 'Paste URL');
      await window.quickInput.read('Sign in to Paste');
      await window.quickInput.type(ended.replace(/state=[^&]*/, 'state=somebody-else'));
      await window.screenshot('paste-input');
      await window.quickInput.accept();
      await window.quickInput.read('Sign in to Paste', ({ message }) =>
        message.includes('belongs to another sign-in'),
      );
      await window.quickInput.type(ended);
      await window.quickInput.accept();
      assert.equal(await accountEntry(window, 'Paste'), 'alice (Paste)');
      await noProgress(window);
    });

    it('takes it by the command too, when the browser is on another computer than the editor', async () => {
      const page = await openSignIn(window, 'Registers');
      const elsewhere = await stage.newPerson();
      const other = await elsewhere.newPage();
      await other.goto(lastAddress(stage));
      await page.close();
      await signInOnPage(other, people.alice);
      await other.waitForURL(/code=/);
      const address = other.url();
      await elsewhere.close();
      await window.runCommand('OIDC: Paste Sign-in URL…');
      await window.quickInput.read('Sign in to Registers');
      await window.quickInput.type(address);
      await window.quickInput.accept();
      await window.waitForNotification(/Signed in to Registers as alice/);
    });

    it('has the code and the address in no log', async () => {
      const code = new URL(ended).searchParams.get('code') ?? '';
      assert.ok(code.length > 20);
      await eventually(async () => {
        const logs = await logged();
        assert.match(logs, /sign-in planned/);
        assert.ok(!logs.includes(code));
      });
    });
  });

  it('has told in the log why each way was taken', async () => {
    await eventually(async () => {
      const logs = await logged();
      assert.match(logs, /so it’s registered with the provider each time/);
      assert.match(logs, /It’s configured, but might not work\. The browser would return to your computer/);
      assert.match(logs, /passes the response on/);
      assert.match(logs, /You copy the URL from the browser/);
    });
  });
});
