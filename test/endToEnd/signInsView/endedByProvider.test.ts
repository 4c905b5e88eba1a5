import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';
import { assertSilent, findNotification } from '../hiddenMessages.ts';
import { accountEntry } from '../signingIn.ts';

describe('a sign-in that the provider ends', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let windows: readonly [Workbench, Workbench];
  /** The window in which the message is. */
  let isTold: Workbench;

  before(async () => {
    // Seconds. Half of it over, the tokens are refreshed by themselves.
    stage = await openStage({ identityProvider: { accessTokenLifetime: 16 } });
    person = await stage.newPerson();
    windows = [await stage.openWindow(person), await stage.openWindow(person)];
    const [window] = windows;
    const opened = window.nextPage();
    await window.runCommand('OIDC: Sign In');
    const page = await opened;
    await signInOnPage(page, people.alice);
    await findNotification(window, new RegExp(`^Signed in to ${providerLabel} as alice\\.`));
    await page.close();
    for (const shown of windows) await accountEntry(shown, providerLabel);
    await window.clearNotifications();
  });
  after(() => stage?.close());

  const needed = new RegExp(
    `^alice is no longer signed in to ${providerLabel}\\. .* no longer considers this sign-in valid`,
  );
  const refreshes = (status: number) =>
    stage.identityProvider
      .requestsTo(stage.identityProvider.endpoints.token)
      .filter(({ body, status: answered }) => body['grant_type'] === 'refresh_token' && answered === status);

  it('is told once, with the reason and a button, and no browser opens by itself', async () => {
    const [window, other] = windows;
    await window.page.bringToFront();
    const pages = person.pages().length;
    stage.identityProvider.revokeEverything(people.alice.sub);
    const told = await waitFor('the message in one of the windows', async () => {
      for (const shown of windows) {
        const found = (await shown.notifications()).find(
          ({ message, buttons }) => needed.test(message) && buttons.join() === 'Sign In',
        );
        if (found) return { shown, ...found };
      }
      return undefined;
    });
    assert.equal(told.severity, 'warning');
    await told.shown.screenshot('sign-in-ended');
    const elsewhere = told.shown === window ? other : window;
    await assertSilent(elsewhere, ({ message }) => needed.test(message));
    isTold = told.shown;
    assert.equal(person.pages().length, pages);
    assert.equal(refreshes(400).length, 1, 'a token that was refused is not sent again');
  });

  it('goes on where the person presses the button and signs in, in every window', async () => {
    const shown = isTold;
    await shown.page.bringToFront();
    const before = refreshes(200).length;
    const opened = shown.nextPage();
    await shown.pressNotification(needed, 'Sign In');
    await signInOnPage(await opened, people.alice);
    await waitFor('the tokens to be refreshed again', () => Promise.resolve(refreshes(200).length > before));
    for (const window of windows)
      assert.equal(await accountEntry(window, providerLabel), `alice (${providerLabel})`);
    assert.equal(refreshes(400).length, 1);
  });
});
