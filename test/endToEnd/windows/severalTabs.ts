import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage, type StageOptions } from '../../stage/stage.ts';
import { assertNothingSentTwice, refreshesAt } from './refreshTokens.ts';

/** Seconds. Half of it over, the tokens are refreshed. */
const shortLifetime = 8;

/**
 * Tabs of one browser: each has its own copy of the secret storage, and the last one to write overwrites what the
 * others have written.
 */
export function severalTabs(
  title: string,
  options: StageOptions,
  prepare = (_stage: Stage): void => undefined,
): void {
  describe(title, function () {
    this.timeout(300_000);
    let stage: Stage;
    let person: BrowserContext;
    let first: Workbench;
    let second: Workbench;

    before(async () => {
      stage = await openStage({ identityProvider: { accessTokenLifetime: shortLifetime }, ...options });
      prepare(stage);
      person = await stage.newPerson();
      first = await stage.openWindow(person);
      // A tab of code-server reads the secret storage once, when it is opened: what the first one has made by then.
      await first.waitForAccountsLabel(/Sign in requested/);
      second = await stage.openWindow(person);
    });
    after(() => stage?.close());

    const refreshes = () => refreshesAt(stage);

    /** Until the tokens have been refreshed so many times more. */
    const refreshed = async (times: number): Promise<void> => {
      const before = refreshes().length;
      await waitFor(
        () => Promise.resolve(`${times} more refreshes; there were ${refreshes().length - before}`),
        () => Promise.resolve(refreshes().length >= before + times),
        90_000,
      );
    };

    /**
     * Ends a page. In a browser nothing can be done about what is under way then, and what a server without a grace has
     * seen would be spent: it happens while a refresh is about to be sent, which the server never sees if its tab goes.
     */
    const meanwhile = async (endPage: () => Promise<void>): Promise<void> => {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const { token } = stage.identityProvider.endpoints;
      const held = stage.faults?.on(token, { kind: 'delay', until: ended }, { sticky: true });
      await held?.met;
      await endPage();
      held?.remove();
      end();
    };

    it('are signed in together when one of them signs in', async () => {
      await first.page.bringToFront();
      await first.waitForAccountsLabel(/Sign in requested/);
      await first.openAccountsMenu();
      const opened = first.nextPage();
      await first.chooseMenuEntry(new RegExp(`^Sign in with ${providerLabel} to use Consumer`));
      const page = await opened;
      await page.waitForLoadState();
      await signInOnPage(page, people.alice);
      for (const window of [first, second]) assert.equal(await account(window), `alice (${providerLabel})`);
    });

    it('refresh once for all', async () => {
      await refreshed(2);
      assertNothingSentTwice(stage);
      for (const window of [first, second]) await saysWhoIAm(window);
    });

    it('stay signed in through reloads, in either order', async () => {
      for (const order of [
        [first, second],
        [second, first],
      ]) {
        for (const window of order) {
          await window.page.bringToFront();
          await meanwhile(() => window.reload());
          assert.equal(await account(window), `alice (${providerLabel})`);
        }
        await refreshed(1);
      }
      assertNothingSentTwice(stage);
    });

    it('stay signed in when the first one is closed', async () => {
      await meanwhile(() => first.close());
      await refreshed(2);
      await saysWhoIAm(second);
      assertNothingSentTwice(stage);
    });

    it('stay signed in when the other one is closed, whichever wrote last', async () => {
      const third = await stage.openWindow(person);
      assert.equal(await account(third), `alice (${providerLabel})`);
      await meanwhile(() => second.close());
      await refreshed(2);
      await saysWhoIAm(third);
      await meanwhile(() => third.reload());
      assert.equal(await account(third), `alice (${providerLabel})`);
      await saysWhoIAm(third);
      assertNothingSentTwice(stage);
      first = third;
    });

    it('sign out together', async () => {
      second = await stage.openWindow(person);
      assert.equal(await account(second), `alice (${providerLabel})`);
      await second.chooseAccountAction(/^alice/, 'Sign Out');
      await second.acceptDialog('Sign Out');
      for (const window of [first, second]) {
        await window.page.bringToFront();
        await waitFor('no account in the Accounts menu', async () => {
          const entries = await window.accountsMenuEntries();
          return !entries.some(entry => entry.endsWith(`(${providerLabel})`));
        });
      }
    });

    async function account(window: Workbench): Promise<string> {
      await window.page.bringToFront();
      return waitFor('an account in the Accounts menu', async () => {
        const entries = await window.accountsMenuEntries();
        return entries.find(entry => entry.endsWith(`(${providerLabel})`));
      });
    }

    /** The consumer may have to be allowed in a tab that did not see it being allowed. */
    async function saysWhoIAm(window: Workbench): Promise<void> {
      await window.page.bringToFront();
      await window.clearNotifications();
      await window.runCommand('Consumer: Who Am I?');
      await waitFor('the consumer to say who I am', async () => {
        const shown = await window.notifications();
        if (shown.some(({ message }) => message.includes(`You are ${people.alice.name}`))) return true;
        if (await window.page.locator('.monaco-dialog-box').isVisible()) await window.acceptDialog('Allow');
        if (await window.page.locator('.quick-input-widget').isVisible())
          await window.quickInput.pick(/^alice/);
        return false;
      });
    }
  });
}
