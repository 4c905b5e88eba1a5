import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { waitFor } from '../../editor/workbench/waiting.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, providerLabel, type Stage } from '../../stage/stage.ts';
import { assertNothingSentTwice, refreshesAt } from './refreshTokens.ts';

/** Seconds. Half of it over, the tokens are refreshed. */
const shortLifetime = 10;

/**
 * The browser has crashed, or the computer that it ran on sleeps. The editor's server keeps the extension host for
 * hours, in case the window comes back; the secret storage is in the browser, and does not answer.
 */
describe('a window that has gone without a word, while its extension host lives on', function () {
  this.timeout(240_000);
  let stage: Stage;
  let person: BrowserContext;
  let window: Workbench;

  before(async () => {
    stage = await openStage({
      identityProvider: { accessTokenLifetime: shortLifetime },
      reconnectionGrace: 600,
    });
    person = await stage.newPerson();
    window = await stage.openWindow(person);
    await window.waitForAccountsLabel(/Sign in requested/);
    await window.openAccountsMenu();
    const opened = window.nextPage();
    await window.chooseMenuEntry(new RegExp(`^Sign in with ${providerLabel} to use Consumer`));
    await signInOnPage(await opened, people.alice);
  });
  after(() => stage?.close());

  const refreshes = () => refreshesAt(stage);

  it('spends no refresh token, since nobody would have the next one', async () => {
    await waitFor('a refresh', () => Promise.resolve(refreshes().length > 0));
    const crashing = await person.newCDPSession(window.page);
    const crashed = window.page.waitForEvent('crash');
    // It has no answer: who would give it is gone.
    crashing.send('Page.crash').catch(() => undefined);
    await crashed;
    const before = refreshes().length;
    await waitFor('the log to say so', async () =>
      [...(await stage.editor.readLogs()).values()].some(text =>
        text.includes('not refreshed: the secret storage does not answer'),
      ),
    );
    assert.ok(refreshes().length <= before + 1, 'at most the one that was under way');
  });

  it('costs nobody the sign-in: the next window has it, and its tokens are refreshed', async () => {
    const next = await stage.openWindow(person);
    const before = refreshes().length;
    await waitFor('the account', async () =>
      (await next.accountsMenuEntries()).includes(`alice (${providerLabel})`),
    );
    await next.runCommand('Consumer: Who Am I?');
    await next.waitForNotification(`You are ${people.alice.name}`);
    await waitFor('two refreshes', () => Promise.resolve(refreshes().length >= before + 2));
    assertNothingSentTwice(stage);
  });
});
