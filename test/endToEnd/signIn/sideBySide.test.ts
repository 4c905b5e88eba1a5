import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { eventually, waitFor } from '../../editor/workbench/waiting.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import {
  accountEntry,
  lastRequest,
  noProgress,
  openSignIn,
  startSignIn,
  waitForProgress,
} from '../signingIn.ts';

describe('a sign-in beside another one or another browser, in a real VS Code', function () {
  this.timeout(180_000);
  /** A provider whose name the editor does not trust, as that of a real one. */
  let other: IdentityProvider;
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    other = await startIdentityProvider({ host: 'other.localhost.' });
    stage = await openStage({
      providers: {
        oidc: { label: 'Company' },
        loopback: { label: 'Loopback', clientId: 'editor', signInMethod: 'loopback' },
        other: { label: 'Other', issuer: other.issuer },
      },
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
  });
  after(async () => {
    await stage?.close();
    await other?.close();
  });
  afterEach(async () => {
    await window.clearNotifications();
    await person.clearCookies({ domain: 'idp.localhost' });
    for (const page of person.pages()) if (page !== window.page) await page.close();
  });

  it('tells that the browser was not opened, and waits for whoever has copied the address', async () => {
    await startSignIn(window, 'Other');
    const { message, buttons } = await window.readDialog(/open the external website/);
    assert.match(message, /open the external website/);
    await window.screenshot('open-external');
    assert.ok(buttons.includes('Copy'), buttons.join(' | '));
    await window.acceptDialog('Cancel');
    await window.pressNotification(/The browser (was not opened|didn’t open)/, 'Open It Again');
    await window.acceptDialog('Copy');
    const address = await waitFor('the copied address', async () => {
      const copied = await window.page.evaluate(() => navigator.clipboard.readText());
      return copied.startsWith(other.issuer) && copied;
    });
    await window.screenshot('not-opened');
    await window.pressNotification(/The browser (was not opened|didn’t open)/, 'I Copied the Link');

    const page = await person.newPage();
    await page.goto(address);
    await signInOnPage(page, people.bob);
    assert.equal(await accountEntry(window, 'Other'), 'bob (Other)');
  });

  it('fails if the browser is not to be opened', async () => {
    await startSignIn(window, 'Other');
    await window.acceptDialog('Cancel');
    await window.waitForNotification(/The browser (was not opened|didn’t open)/);
    await window.page.keyboard.press('Escape');
    await window.runCommand('Notifications: Clear All Notifications');
    const { message } = await window.waitForNotification(/Sign-in to Other failed/, {
      buttons: ['Try Again', 'Try Another Way', 'Show Log'],
    });
    assert.match(message, /Couldn’t open a browser for other\.localhost/);
  });

  it('says who refused when the person denies', async () => {
    const page = await openSignIn(window, 'Company');
    await signInOnPage(page, people.alice, { consent: 'deny' });
    const { message } = await window.waitForNotification(/Sign-in to Company failed/);
    assert.match(message, /denied/);
  });

  it('keeps apart from another one to the same provider', async () => {
    await window.runCommand('Consumer: Who Am I?');
    const opened = window.nextPage();
    await window.acceptDialog('Allow');
    const first = await opened;
    const state = lastRequest(stage, 'state');
    // The editor hands requests for one provider on one by one; this command does not go through it.
    const second = await openSignIn(window, 'Company');
    assert.notEqual(lastRequest(stage, 'state'), state);
    await signInOnPage(second, people.alice);
    await window.waitForNotification(/Signed in to Company as alice/);
    await waitForProgress(window, /./);
    await signInOnPage(first, people.alice);
    await window.waitForNotification(`You are ${people.alice.name}`);
    await noProgress(window);
  });

  it('keeps apart from one to another provider', async () => {
    const first = await openSignIn(window, 'Loopback');
    await startSignIn(window, 'Other');
    const opened = window.nextPage();
    await window.acceptDialog('Open');
    const second = await opened;
    await signInOnPage(second, people.bob);
    await window.waitForNotification(/Signed in to Other as bob/);
    await signInOnPage(first, people.alice);
    await window.waitForNotification(/Signed in to Loopback as alice/);
    await eventually(async () => {
      const entries = await window.accountsMenuEntries();
      assert.ok(entries.includes('bob (Other)') && entries.includes('alice (Loopback)'), entries.join(' | '));
    });
  });
});
