import type { Page } from 'playwright-core';
import { press } from './press.ts';
import type { QuickInput } from './quickInput.ts';
import { waitFor } from './waiting.ts';

/** The title of the question before a sign-in to a provider that is new or has changed. */
export const providerQuestion = /^(First|Changed) sign-in at /;

/** Says no, by the keyboard: where the mouse rests on a row, its description covers the next one. */
export async function refuseProvider({
  page,
  quickInput,
}: {
  page: Page;
  quickInput: QuickInput;
}): Promise<void> {
  await quickInput.read(providerQuestion);
  await page.keyboard.press('ArrowDown');
  await quickInput.accept();
  await waitFor('the question to be gone', async () => !(await quickInput.isOpen()));
}

/**
 * Plays somebody who agrees at once to every provider that is new to them, in this window, for as long as it is
 * there.
 */
export async function agreeToProviders(page: Page): Promise<void> {
  const question = page
    .locator('.quick-input-widget')
    .filter({ has: page.locator('.quick-input-title', { hasText: providerQuestion }), visible: true });
  const agree = question.locator('.quick-input-list .monaco-list-row[aria-label^="Sign In at "]');
  while (!page.isClosed()) {
    try {
      await agree.waitFor({ timeout: 0 });
      if (!(await press(agree))) continue;
      await question.waitFor({ state: 'hidden', timeout: 5000 });
    } catch {
      // The window was closed or loaded anew under the question, or the test has answered it.
      if (page.isClosed()) return;
    }
  }
}
