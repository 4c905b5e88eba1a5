import type { Notification, Workbench } from '../editor/workbench.ts';
import { waitFor } from '../editor/workbench/waiting.ts';

/**
 * Waits for a message that may come quickly after others. Of those the editor shows four within 0.8 seconds and
 * puts the next behind the bell of the status bar, where a person finds it.
 */
export async function findNotification(window: Workbench, wanted: RegExp): Promise<Notification> {
  const bell = window.page.locator('.statusbar-item .codicon-bell-dot');
  const list = window.page.locator('.notifications-center.visible');
  return waitFor(
    async () => `the message ${String(wanted)}; there are: ${JSON.stringify(await window.notifications())}`,
    async () => {
      const found = (await window.notifications()).find(({ message }) => wanted.test(message));
      if (!found && (await bell.isVisible()) && !(await list.isVisible())) await bell.click();
      return found;
    },
  );
}
