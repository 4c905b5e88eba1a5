import assert from 'node:assert/strict';
import type { BrowserContext, Page } from 'playwright-core';
import { approveDeviceOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { panelOf } from '../../editor/workbench/panel.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { documentationPicture } from '../../stage/documentationPicture.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { accountEntry, noProgress, openSignIn, startSignIn, waitForProgress } from '../signingIn.ts';

describe('a device code, in a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    stage = await openStage({
      faults: true,
      providers: {
        oidc: { label: 'Web', signInMethod: 'auto' },
        // The provider takes only addresses that never change, and that of an editor in the browser does.
        strict: { label: 'Company', clientId: 'editor', acceptsChangingRedirectUri: false },
      },
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(() => stage?.close());
  afterEach(async () => {
    stage.faults?.heal();
    await window.clearNotifications();
  });

  const { deviceAuthorization, token } = { deviceAuthorization: '/device_authorization', token: '/token' };
  const panel = () => panelOf(window.page);
  const panelCount = () => window.page.locator('iframe.webview').count();
  const polls = () => stage.identityProvider.requestsTo(token).filter(({ body }) => 'device_code' in body);

  /** The code that the panel shows; another one than `before`. */
  async function codeInPanel(before = ''): Promise<string> {
    const code = panel().locator('#code');
    return waitFor('a code in the panel', async () => {
      if ((await panelCount()) === 0 || !(await code.isVisible())) return undefined;
      const text = (await code.innerText()).trim();
      return text !== before && text;
    });
  }

  /** A phone: a browser that knows nothing of the editor. */
  async function onPhone<T>(run: (page: Page) => Promise<T>): Promise<T> {
    const phone = await stage.browser.newContext({ viewport: { width: 390, height: 760 } });
    try {
      return await run(await phone.newPage());
    } finally {
      await phone.close();
    }
  }

  it('is what is left where no answer comes back, and the panel says so', async () => {
    await startSignIn(window, 'Company');
    const code = await codeInPanel();
    assert.match(code, /^\w{4}-?\w{4}$/);
    await waitForProgress(
      window,
      new RegExp(`Go to idp\\.localhost:\\d+ in any browser and enter the code ${code}\\.`),
    );
    const text = await panel().locator('main').innerText();
    assert.match(text, /Your browser can’t return to this editor/);
    assert.match(text, /Never enter a code that someone sent you/);
    assert.match(text, /The code is valid for (10:00|9:\d\d)/);
    assert.match(text, /idp\.localhost/);
    await documentationPicture(window, 'device-code');

    const address = await panel().locator('#address').innerText();
    await onPhone(async page => {
      await page.goto(address);
      await page.locator('input[name=user_code]').fill(code);
      await approveDeviceOnPage(page, people.alice);
    });
    assert.equal(await accountEntry(window, 'Company'), 'alice (Company)');
    assert.equal(await panelCount(), 0, 'the panel is gone');
    await noProgress(window);
  });

  it('is there for whoever chooses it while a sign-in in the browser runs', async () => {
    const page = await openSignIn(window, 'Web');
    await window.followLink(/^Signing in to/, 'Try Another Way');
    const { items } = await window.quickInput.read(/How do you want to sign in/);
    assert.ok(
      items.some(item => /in progress/.test(item)),
      items.join(' | '),
    );
    await window.screenshot('other-ways');
    await window.quickInput.pick(/^Device code/);

    const code = await codeInPanel();
    assert.doesNotMatch(await panel().locator('main').innerText(), /Your browser can’t return/);
    const opened = window.nextPage();
    await panel()
      .getByRole('button', { name: /^Copy the Code and Open/ })
      .click();
    const verification = await opened;
    assert.equal(await window.page.evaluate(() => navigator.clipboard.readText()), code);
    assert.equal(await verification.locator('input[name=user_code]').inputValue(), code);
    await approveDeviceOnPage(verification, people.bob);
    assert.equal(await accountEntry(window, 'Web'), 'bob (Web)');
    await page.close();
    await verification.close();
  });

  it('stops to be asked for when it is cancelled, and leaves nothing', async () => {
    await startSignIn(window, 'Company');
    const first = await codeInPanel();
    await panel().getByRole('button', { name: 'Cancel' }).click();
    await noProgress(window);
    assert.equal(await panelCount(), 0);
    assert.deepEqual(await window.notifications(), [], 'nobody is told what they did themselves');
    const before = polls().length;

    // Closing the panel is a cancel too.
    await startSignIn(window, 'Company');
    const second = await codeInPanel(first);
    await window.runCommand('View: Close Editor');
    await noProgress(window);

    // While a third one is polled for, the first two would be too.
    await startSignIn(window, 'Company');
    const third = await codeInPanel(second);
    const address = await panel().locator('#address').innerText();
    await onPhone(async page => {
      await page.goto(`${address}?user_code=${third}`);
      await approveDeviceOnPage(page, people.alice);
    });
    await window.waitForNotification(/Signed in to Company as alice/);
    const later = polls().slice(before);
    assert.ok(later.length > 0);
    assert.equal(new Set(later.map(({ body }) => body['device_code'])).size, 1, 'the third one alone');
  });

  it('is replaced in one click when it has expired, while the provider asks for patience', async () => {
    const short = (text: string): string =>
      JSON.stringify({ ...JSON.parse(text), expires_in: 3, interval: 1 });
    stage.faults?.on(deviceAuthorization, { kind: 'replace', body: short });
    await startSignIn(window, 'Company');
    const first = await codeInPanel();
    const again = panel().getByRole('button', { name: 'Get a New Code' });
    await again.waitFor();
    await window.waitForNotification(/The code expired\. Get a new code/);
    await window.screenshot('device-code-expired');
    assert.match(await panel().locator('#status').innerText(), /has expired/);

    const slowDown = { kind: 'status', status: 400, body: '{"error":"slow_down"}' } as const;
    stage.faults?.on(token, { ...slowDown, headers: { 'content-type': 'application/json' } });
    await again.click();
    const second = await codeInPanel(first);
    await panel()
      .getByText(/allows one check every/)
      .waitFor();
    await window.screenshot('device-code-slow-down');
    const address = await panel().locator('#address').innerText();
    await onPhone(async page => {
      await page.goto(`${address}?user_code=${second}`);
      await approveDeviceOnPage(page, people.alice, { consent: 'deny' });
    });
    const { message, buttons } = await window.waitForNotification(/Sign-in to Company failed/);
    assert.match(message, /denied|refused/);
    assert.deepEqual(buttons, ['Try Again', 'Try Another Way', 'Show Log']);
  });
});
