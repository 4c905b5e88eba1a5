import { errors, type FrameLocator, type Page } from 'playwright-core';
import type { Workbench } from '../workbench.ts';

/** The page inside the panel that is in front: the editor puts it into two frames. */
export function panelOf(page: Page): FrameLocator {
  return page.locator('iframe.webview').last().contentFrame().locator('#active-frame').contentFrame();
}

/**
 * Waits until the panel shows this. On a machine with much to do the editor leaves a panel empty now and then, whoever
 * it belongs to; what the extension has given it is there when the panels are reloaded, as a person can do.
 */
export async function drawPanel(window: Workbench, selector: string): Promise<void> {
  const drawn = panelOf(window.page).locator(selector);
  try {
    await drawn.waitFor({ timeout: 20_000 });
  } catch (error) {
    if (!(error instanceof errors.TimeoutError)) throw error;
    await window.runCommand('Developer: Reload Webviews');
    await drawn.waitFor();
  }
}
