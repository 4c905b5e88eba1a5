import type { FrameLocator, Page } from 'playwright-core';
import { press } from './press.ts';
import { waitFor } from './waiting.ts';

/** The page inside the panel that is in front: the editor puts it into two frames. */
export function panelOf(page: Page): FrameLocator {
  return page.locator('iframe.webview').last().contentFrame().locator('#active-frame').contentFrame();
}

/** Presses a button of that page, in the window that is before the person: behind another page it is drawn late. */
export async function pressInPanel(page: Page, name: string | RegExp): Promise<void> {
  await page.bringToFront();
  await waitFor(`the button ${String(name)} of the panel`, () =>
    press(panelOf(page).getByRole('button', { name })),
  );
}
