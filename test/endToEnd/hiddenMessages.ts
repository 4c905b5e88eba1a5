import assert from 'node:assert/strict';
import type { Notification, Workbench } from '../editor/workbench.ts';
import { lookBehindBell, openList } from '../editor/workbench/messages.ts';
import { waitFor } from '../editor/workbench/waiting.ts';
import { wizard } from '../editor/workbench/wizard.ts';

/**
 * Waits for a message that may come quickly after others, and its buttons if they are given. Of those the editor shows
 * four within 0.8 seconds and puts the next behind the bell of the status bar, where a person finds it.
 */
export async function findNotification(
  window: Workbench,
  wanted: RegExp,
  buttons?: readonly string[],
): Promise<Notification> {
  const look = lookBehindBell(window.page);
  return waitFor(
    async () => `the message ${String(wanted)}; there are: ${JSON.stringify(await window.notifications())}`,
    async () => {
      const found = (await window.notifications()).find(
        shown =>
          wanted.test(shown.message) && (buttons === undefined || shown.buttons.join() === buttons.join()),
      );
      if (found) return found;
      await openList(window.page);
      await look();
      return undefined;
    },
  );
}

/**
 * Asserts that the extension has no message on the screen that is meant. What it has to say arrives in the order in
 * which it says it: it is there once a command that is run after that has been answered.
 */
export async function assertSilent(
  window: Workbench,
  isMeant: (shown: Notification) => boolean = () => true,
): Promise<void> {
  await window.runCommand('OIDC: Add Identity Provider…');
  await window.quickInput.read(wizard.where);
  await window.quickInput.cancel();
  assert.deepEqual((await window.notifications()).filter(isMeant), []);
}
