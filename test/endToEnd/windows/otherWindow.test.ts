import assert from 'node:assert/strict';
import type { BrowserContext } from 'playwright-core';
import { signInOnPage } from '../../manifest/client/playwright.ts';
import type { Workbench } from '../../editor/workbench.ts';
import { people } from '../../servers/identityProvider/people.ts';
import { openStage, type Stage } from '../../stage/stage.ts';
import {
  accountEntry,
  lastRequest,
  noProgress,
  lastAddress,
  openSignIn,
  waitForProgress,
} from '../signingIn.ts';

/** The number that an editor in the browser gives to an address of its own; each window counts from 1. */
const numberIn = (address: string): number => Number(new URL(address).searchParams.get('vscode-reqid'));

describe('an answer that lands in another window', function () {
  this.timeout(180_000);
  let stage: Stage;
  let person: BrowserContext;
  let first: Workbench;
  let second: Workbench;

  before(async () => {
    stage = await openStage({
      providers: { oidc: { label: 'Company' }, other: { label: 'Other' } },
    });
    person = await stage.newPerson();
    first = await stage.openWindow(person);
    second = await stage.openWindow(person);
  });
  after(() => stage?.close());

  const cancel = (window: Workbench) => window.pressNotification(/^Signing in to/, 'Cancel');

  /** Starts a sign-in in each window, so that the numbers of their addresses differ. */
  async function startBoth() {
    const waiting = async (window: Workbench, label: string) => {
      const page = await openSignIn(window, label);
      const number = numberIn(lastRequest(stage, 'redirect_uri'));
      return { window, label, page, number, address: lastAddress(stage) };
    };
    const one = await waiting(first, 'Company');
    let two = await waiting(second, 'Other');
    while (two.number === one.number) {
      await cancel(second);
      await noProgress(second);
      await two.page.close();
      two = await waiting(second, 'Other');
    }
    return [one, two] as const;
  }

  it('reaches the window that has asked, by its state', async () => {
    const [one, two] = await startBoth();
    // A window waits for its number and those it has skipped: the one with the higher number waits alone for it.
    const [asks, other] = one.number < two.number ? [one, two] : [two, one];

    // Signs in where no window of the editor is, to have the answer in hand.
    const elsewhere = await stage.newPerson();
    const page = await elsewhere.newPage();
    await page.goto(asks.address);
    await signInOnPage(page, people.alice);
    await page.waitForURL(/code=/);
    const answer = new URL(page.url());
    await elsewhere.close();

    answer.searchParams.set('vscode-reqid', String(other.number));
    await asks.page.goto(answer.href);
    await asks.window.waitForNotification(new RegExp(`Signed in to ${asks.label} as alice`));
    await noProgress(asks.window);
    await waitForProgress(other.window, new RegExp(`^Signing in to ${other.label}`));
    await cancel(other.window);
    const account = `alice (${asks.label})`;
    assert.equal(await accountEntry(other.window, asks.label), account, 'the other window has it too');
    for (const { page } of [one, two]) await page.close();
  });

  it('is that of a sign-in that runs there at the same time', async () => {
    // A window counts from 1, but does not begin there, so that two windows hardly wait for the same number.
    const [one, two] = await startBoth();
    assert.ok(one.number > 1 && two.number > 1);
    await signInOnPage(one.page, people.alice);
    await first.waitForNotification(/Signed in to Company as alice/);
    await signInOnPage(two.page, people.alice);
    await second.waitForNotification(/Signed in to Other as alice/);
  });
});
