import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { approveDeviceOnPage, signInOnPage } from '../../manifest/client/playwright.ts';
import { movedClock, type MovedClock } from '../../editor/process/movedClock.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { panelOf } from '../../editor/workbench/panel.ts';
import { treeViewOf } from '../../editor/workbench/tree.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';
import { accountEntry, noProgress, openSignIn, startSignIn } from '../signingIn.ts';
import { assertNothingSentTwice, refreshesAt } from './refreshTokens.ts';

const hour = 3600;

/**
 * The clock of the computer on which the extensions run is set by hours while everything runs: a virtual machine that
 * was resumed, a computer that takes its time from another system. The provider and its API keep the right time.
 */
describe('a clock that is set by hours in the middle', function () {
  this.timeout(300_000);
  let clock: MovedClock;
  let stage: Stage;
  let person: BrowserContext;
  let first: Workbench;
  let second: Workbench;

  before(async () => {
    clock = await movedClock();
    if (clock.by === 'Date') console.log('      Install faketime to move the clock of whole processes.');
    stage = await openStage({
      clock,
      providers: {
        oidc: {},
        // The provider takes only addresses that never change, and that of an editor in the browser does.
        strict: { label: 'Device', clientId: 'editor', acceptsChangingRedirectUri: false },
      },
    });
    person = await stage.newPerson();
    first = await stage.openWindow(person);
    await first.waitForAccountsLabel(/Sign in requested/);
    await first.openAccountsMenu();
    const opened = first.nextPage();
    await first.chooseMenuEntry(new RegExp(`^Sign in with ${providerLabel} to use Consumer`));
    await signInOnPage(await opened, people.alice);
    await accountEntry(first, providerLabel);
    second = await stage.openWindow(person);
  });
  after(async () => {
    await stage?.close();
    await clock?.close();
  });

  const requestsTo = (endpoint: 'token' | 'authorization' | 'deviceAuthorization') =>
    stage.identityProvider.requestsTo(stage.identityProvider.endpoints[endpoint]);
  const refreshes = () => refreshesAt(stage);

  /** The API, which has the right time, lets the extension in; nobody is asked anything for that. */
  async function saysWhoIAm(window: Workbench): Promise<void> {
    await window.page.bringToFront();
    await window.clearNotifications();
    await window.runCommand('Consumer: Who Am I?');
    await waitFor('the consumer to say who I am', async () => {
      const shown = await window.notifications();
      if (shown.some(({ message }) => message.includes(`You are ${people.alice.name}`))) return true;
      // Whether the consumer may use the account is asked once in each window.
      if (await window.page.locator('.monaco-dialog-box').isVisible()) await window.acceptDialog('Allow');
      return false;
    });
  }

  const view = () => treeViewOf(first.page, 'Sign-ins');

  for (const [hours, differs] of [
    [2, '2 h 0 min'],
    [-2, '2 h 0 min'],
    [-4, '4 h 0 min'],
  ] as const) {
    it(`${hours} h: the API lets everybody in, for one refresh at most and no question`, async () => {
      const before = refreshes().length;
      const asked = requestsTo('authorization').length;
      await clock.set(hours * hour);
      for (const window of [first, second]) await saysWhoIAm(window);
      await first.page.bringToFront();
      // Set back, the clock costs no refresh: the times of the tokens move with it.
      if (hours > 0)
        await waitFor('the tokens of the new time', () => Promise.resolve(refreshes().length > before));
      for (const window of [first, second]) await saysWhoIAm(window);
      assert.ok(refreshes().length <= before + 1);
      assert.equal(requestsTo('authorization').length, asked);
      assertNothingSentTwice(stage);
      await first.page.bringToFront();
      await first.runCommand('OIDC: Show Sign-ins');
      await view().waitForRow(`${providerLabel} | clock differs by ${differs}`);
      await view().waitForRow(/^alice \| valid (1 h 0|5\d) min$/);
    });
  }

  it('the diagnosis says by how much it differs, and whose time counts', async () => {
    await first.runCommand('OIDC: Diagnose Provider…');
    await first.quickInput.read(/Diagnose which/);
    await first.quickInput.pick(providerLabel);
    let text = '';
    await waitFor(
      () => Promise.resolve(`the clock in the diagnosis; there is: ${text}`),
      async () => {
        const lines = await first.page.locator('.editor-instance .view-lines').allInnerTexts();
        // The editor draws spaces as ones that do not break.
        text = lines.join('\n').replace(/\u00a0/g, ' ');
        return /Clock: differs from the server’s by (14400|1439\d|1440\d) s \(tokens are checked/.test(text);
      },
    );
    await first.runCommand('View: Close All Editors');
  });

  it('somebody else signs in, in the browser and with a device code', async () => {
    await person.clearCookies({ domain: /localhost$/ });
    await signInOnPage(await openSignIn(first, providerLabel), people.bob);
    await first.waitForNotification(/^Signed in to Company as bob/);
    await noProgress(first);

    await startSignIn(second, 'Device');
    const panel = panelOf(second.page);
    const code = await waitFor('a code', async () => (await panel.locator('#code').innerText()).trim());
    await panel.getByText(/The code is valid for (10|\d):\d\d/).waitFor();
    const other = await (await stage.newPerson()).newPage();
    await other.goto(await panel.locator('#address').innerText());
    await other.locator('input[name=user_code]').fill(code);
    await approveDeviceOnPage(other, people.bob);
    assert.equal(await accountEntry(second, 'Device'), 'bob (Device)');
    await noProgress(second);
  });

  it('the windows are loaded again: nobody has lost anything', async () => {
    const asked = requestsTo('authorization').length;
    for (const window of [first, second]) {
      await window.page.bringToFront();
      await window.reload();
      for (const account of [`alice (${providerLabel})`, `bob (${providerLabel})`, 'bob (Device)']) {
        await waitFor(account, async () => (await window.accountsMenuEntries()).includes(account));
      }
    }
    assert.equal(requestsTo('authorization').length, asked);
    assertNothingSentTwice(stage);
  });

  it('tokens are refreshed in time by every clock', async () => {
    stage.identityProvider.settings.accessTokenLifetime = 10;
    for (const hours of [2, -4, 0]) {
      await clock.set(hours * hour);
      await saysWhoIAm(first);
      const before = refreshes().length;
      // Three grants, each twice and more.
      await waitFor('seven refreshes', () => Promise.resolve(refreshes().length >= before + 7));
      await saysWhoIAm(second);
      assertNothingSentTwice(stage);
    }
  });
});
