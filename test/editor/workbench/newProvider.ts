import type { Page } from 'playwright-core';
import { acceptDialog, dialogBox } from './messages.ts';
import { press } from './press.ts';

/** What the dialog before a sign-in asks, to a provider that is new or has changed. */
export const providerQuestion =
  /^(Sign in to .* for the first time\?|The settings for .* have changed since you last agreed)/;

/** Says no. */
export async function refuseProvider({ page }: { readonly page: Page }): Promise<void> {
  await acceptDialog(page, 'Cancel', providerQuestion);
}

/** Says yes. */
export async function agreeToProvider({ page }: { readonly page: Page }): Promise<void> {
  await acceptDialog(page, /^(Sign In|Use Changed Settings)$/, providerQuestion);
}

/**
 * Plays somebody who agrees at once to every provider that is new to them, in this window, for as long as it is
 * there.
 *
 * @param isThere false: they leave the questions to somebody else for now.
 */
export async function agreeToProviders(page: Page, isThere = (): boolean => true): Promise<void> {
  const question = dialogBox(page).filter({
    has: page.locator('.dialog-message', { hasText: providerQuestion }),
    visible: true,
  });
  const agree = question.getByRole('button', { name: /^(Sign In|Use Changed Settings)$/ });
  while (!page.isClosed()) {
    try {
      await agree.waitFor({ timeout: 0 });
      if (!isThere()) await page.waitForTimeout(100);
      if (!isThere() || !(await press(agree))) continue;
      await question.waitFor({ state: 'hidden', timeout: 5000 });
    } catch {
      // The window was closed or loaded anew under the question, or the test has answered it.
      if (page.isClosed()) return;
    }
  }
}
