import assert from 'node:assert/strict';
import type { BrowserContext, Page } from 'playwright-core';
import { approveDeviceOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { panelOf, pressInPanel } from '../../editor/workbench/panel.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { documentationPicture } from '../../stage/documentationPicture.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { assertSilent } from '../hiddenMessages.ts';
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
  const noPanel = () => waitFor('the panel to be gone', async () => (await panelCount()) === 0);
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
    await eventually(async () => {
      const text = await panel().locator('main').innerText();
      assert.match(text, /Your browser can’t return to this editor/);
      assert.match(text, /Never enter a code that someone sent you/);
      assert.match(text, /The code is valid for (10|\d):\d\d/);
      assert.match(text, /idp\.localhost/);
    });
    await documentationPicture(window, 'device-code');

    const address = await panel().locator('#address').innerText();
    await onPhone(async page => {
      await page.goto(address);
      await page.locator('input[name=user_code]').fill(code);
      await approveDeviceOnPage(page, people.alice);
    });
    assert.equal(await accountEntry(window, 'Company'), 'alice (Company)');
    await noPanel();
    await noProgress(window);
  });

  it('is there for whoever chooses it while a sign-in in the browser runs', async () => {
    const page = await openSignIn(window, 'Web');
    await window.followLink(/^Signing in to/, 'Try Another Way');
    await window.quickInput.read(/How do you want to sign in/, ({ items }) =>
      items.some(item => /in progress/.test(item)),
    );
    await window.screenshot('other-ways');
    await window.quickInput.pick(/^Device code/);

    const code = await codeInPanel();
    assert.doesNotMatch(await panel().locator('main').innerText(), /Your browser can’t return/);
    const opened = window.nextPage();
    await pressInPanel(window.page, /^Copy the Code and Open/);
    const verification = await opened;
    assert.equal(await verification.locator('input[name=user_code]').inputValue(), code);
    await window.page.bringToFront();
    await eventually(async () =>
      assert.equal(await window.page.evaluate(() => navigator.clipboard.readText()), code),
    );
    await approveDeviceOnPage(verification, people.bob);
    assert.equal(await accountEntry(window, 'Web'), 'bob (Web)');
    await page.close();
    await verification.close();
  });

  it('stops to be asked for when it is cancelled, and leaves nothing', async () => {
    await startSignIn(window, 'Company');
    const first = await codeInPanel();
    await pressInPanel(window.page, 'Cancel');
    await noProgress(window);
    await noPanel();
    // Nobody is told what they did themselves.
    await assertSilent(window);
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
    const since = polls().length;
    await onPhone(async page => {
      await page.goto(`${address}?user_code=${third}`);
      await approveDeviceOnPage(page, people.alice);
    });
    await window.waitForNotification(/Signed in to Company as alice/);
    // The second one may have been asked for until it was closed.
    const codes = (of: ReturnType<typeof polls>) => new Set(of.map(({ body }) => body['device_code']));
    assert.equal(codes(polls().slice(since)).size, 1, 'the third one alone');
    const later = codes(polls().slice(before));
    const earlier = codes(polls().slice(0, before));
    assert.ok(later.size <= 2 && [...later].every(code => !earlier.has(code)), 'not the first one');
  });

  it('is replaced in one click when it has expired, while the provider asks for patience', async () => {
    const short = (text: string): string =>
      JSON.stringify({ ...JSON.parse(text), expires_in: 3, interval: 1 });
    stage.faults?.on(deviceAuthorization, { kind: 'replace', body: short });
    await startSignIn(window, 'Company');
    const first = await codeInPanel();
    await panel().getByRole('button', { name: 'Get a New Code' }).waitFor();
    await window.waitForNotification(/The code expired\. Get a new code/);
    await window.screenshot('device-code-expired');
    await panel()
      .locator('#status', { hasText: /has expired/ })
      .waitFor();

    const slowDown = { kind: 'status', status: 400, body: '{"error":"slow_down"}' } as const;
    stage.faults?.on(token, { ...slowDown, headers: { 'content-type': 'application/json' } });
    await pressInPanel(window.page, 'Get a New Code');
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
    const { message } = await window.waitForNotification(/Sign-in to Company failed/, {
      buttons: ['Try Again', 'Try Another Way', 'Show Log'],
    });
    assert.match(message, /denied|refused/);
  });
});
