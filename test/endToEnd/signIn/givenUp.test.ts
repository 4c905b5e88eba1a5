import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import { assertSilent } from '../hiddenMessages.ts';
import { lastRequest, listens, noProgress, openSignIn, startSignIn, waitForProgress } from '../signingIn.ts';

/** The most there is, in seconds: a request is held until the person has given up. */
const patient = { requestTimeout: 60 };

describe('a sign-in that is given up, in a real VS Code', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    stage = await openStage({
      faults: true,
      providers: {
        oidc: { ...patient, label: 'Company' },
        loopback: { ...patient, label: 'Loopback', clientId: 'editor', signInMethod: 'loopback' },
      },
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(async () => {
    await stage?.close();
  });
  afterEach(async () => {
    stage.faults?.heal();
    await window.clearNotifications();
    await person.clearCookies({ domain: 'idp.localhost' });
    for (const page of person.pages()) if (page !== window.page) await page.close();
  });

  const faults = () => {
    assert.ok(stage.faults);
    return stage.faults;
  };
  const cancel = () => window.pressNotification(/^Signing in to/, 'Cancel');
  const cancellations = async (): Promise<number> =>
    [...(await stage.editor.readLogs()).values()].join('\n').split('sign-in cancelled').length - 1;

  describe('is cancelled', () => {
    let before: number;
    const isLogged = () => waitFor('the log to say so', async () => (await cancellations()) > before);
    beforeEach(async () => {
      before = await cancellations();
    });
    afterEach(async () => {
      await isLogged();
      await eventually(async () => {
        const entries = await window.accountsMenuEntries();
        assert.deepEqual(
          entries.filter(entry => entry.startsWith('alice')),
          [],
          'nobody is signed in',
        );
      });
    });

    for (const [stageName, path, says] of [
      ['the provider is asked how', '/.well-known/openid-configuration', /Getting sign-in details/],
      ['the request is handed in', '/par', /Getting sign-in details/],
    ] as const) {
      it(`while ${stageName}`, async () => {
        const held = Promise.withResolvers<void>();
        const fault = faults().on(path, { kind: 'delay', until: held.promise });
        await startSignIn(window, 'Loopback');
        await fault.met;
        await waitForProgress(window, says);
        await cancel();
        await noProgress(window);
        await isLogged();
        held.resolve();
        await assertSilent(window);
      });
    }

    it('while the person is in the browser, and nobody listens for them any more', async () => {
      const page = await openSignIn(window, 'Loopback');
      const port = Number(new URL(lastRequest(stage, 'redirect_uri')).port);
      assert.ok(await listens(port));
      await cancel();
      await noProgress(window);
      await waitFor('nobody to listen any more', async () => !(await listens(port)));
      const failed = page.waitForEvent('requestfailed', request => request.url().includes('code='));
      await signInOnPage(page, people.alice);
      await failed;
    });

    it('while the code is exchanged', async () => {
      const held = Promise.withResolvers<void>();
      const fault = faults().on('/token', { kind: 'delay', until: held.promise, what: 'answer' });
      const page = await openSignIn(window, 'Company');
      await signInOnPage(page, people.alice);
      await fault.met;
      await waitForProgress(window, /Finishing the sign-in/);
      await cancel();
      await noProgress(window);
      // The message goes at once; that the person has cancelled must reach the extension before the answer does.
      await isLogged();
      held.resolve();
    });
  });

  it('ends with the window that it was started in', async () => {
    const second = await stage.openWindow(person);
    await openSignIn(second, 'Loopback');
    const port = Number(new URL(lastRequest(stage, 'redirect_uri')).port);
    assert.ok(await listens(port));
    await second.close();
    // The extension host waits for its window to come back, for as long as the editor was told.
    await waitFor('nobody to listen any more', async () => !(await listens(port)));
  });

  it('ends when the window is reloaded', async () => {
    await openSignIn(window, 'Loopback');
    const port = Number(new URL(lastRequest(stage, 'redirect_uri')).port);
    await window.reload();
    await waitFor('nobody to listen any more', async () => !(await listens(port)));
    await noProgress(window);
  });
});
