import type { FrameLocator, Page } from 'playwright-core';

/** The page inside the panel that is in front: the editor puts it into two frames. */
export function panelOf(page: Page): FrameLocator {
  return page.locator('iframe.webview').last().contentFrame().locator('#active-frame').contentFrame();
}
