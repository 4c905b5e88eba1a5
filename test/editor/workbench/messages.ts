import type { Page } from 'playwright-core';
import { press } from './press.ts';
import { isWanted, waitFor, type Wanted } from './waiting.ts';

/** A dialog that blocks the window. */
export interface Dialog {
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
}

export interface Notification {
  readonly message: string;
  readonly source: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly buttons: readonly string[];
}

export const dialogBox = (page: Page) => page.locator('.monaco-dialog-box');

/** Read in one go: between two questions the dialog may be another one. */
async function currentDialog(page: Page): Promise<Dialog | undefined> {
  const [dialog] = await dialogBox(page).evaluateAll(boxes =>
    boxes.map(box => {
      const texts = (selector: string) =>
        [...box.querySelectorAll<HTMLElement>(selector)].map(element => element.innerText.trim());
      const message = texts('.dialog-message')[0] ?? '';
      const detail = texts('.dialog-message-detail')[0] ?? '';
      const buttons = texts('.dialog-buttons .monaco-button');
      // A dialog that has one text only shows it in the place of the detail.
      return message === '' ? { message: detail, detail: '', buttons } : { message, detail, buttons };
    }),
  );
  return dialog;
}

/** Waits for a dialog, whose message fits if one is given. */
export async function readDialog(page: Page, wanted?: Wanted): Promise<Dialog> {
  return waitFor(
    async () =>
      `a dialog ${wanted === undefined ? '' : String(wanted)}; there is: ${JSON.stringify(await currentDialog(page))}`,
    async () => {
      const dialog = await currentDialog(page);
      if (dialog === undefined) return undefined;
      return (wanted === undefined || isWanted(dialog.message, wanted)) && dialog;
    },
  );
}

/** Waits for a dialog, presses one of its buttons, waits until it is gone and returns what it said. */
export async function acceptDialog(page: Page, button: Wanted, wanted?: Wanted): Promise<Dialog> {
  const dialog = await readDialog(page, wanted);
  const index = dialog.buttons.findIndex(text => isWanted(text, button));
  if (index < 0) throw new Error(`No button ${String(button)} in ${JSON.stringify(dialog)}`);
  const pressed = dialogBox(page).locator('.dialog-buttons .monaco-button').nth(index);
  await waitFor(`the button ${String(button)} of ${dialog.message}`, () => press(pressed));
  // Another dialog may follow at once: this one is gone when its text is.
  await waitFor(`the dialog to close: ${dialog.message}`, async () => {
    return (await currentDialog(page))?.message !== dialog.message;
  });
  return dialog;
}

const items = (page: Page) => page.locator('.notification-list-item').filter({ visible: true });

/** In the order of `items`, and read in one go like a dialog. */
async function readNotifications(page: Page): Promise<Notification[]> {
  return items(page).evaluateAll(found =>
    found.map(item => {
      const texts = (selector: string) =>
        [...item.querySelectorAll<HTMLElement>(selector)].map(element => element.innerText.trim());
      const icon = item.querySelector('.notification-list-item-icon')?.className ?? '';
      return {
        message: texts('.notification-list-item-message')[0] ?? '',
        source: (texts('.notification-list-item-source')[0] ?? '').replace(/^Source: /, ''),
        severity: icon.includes('codicon-error')
          ? 'error'
          : icon.includes('codicon-warning')
            ? 'warning'
            : 'info',
        buttons: texts('.notification-list-item-buttons-container .monaco-button'),
      };
    }),
  );
}

/** The messages on the screen now, newest first. */
export async function notifications(page: Page): Promise<Notification[]> {
  return readNotifications(page);
}

/** What else a message must have that is awaited, and for how long. */
export interface AwaitedMessage {
  /** Exactly these: the editor draws them after the text. */
  readonly buttons?: readonly string[];
  readonly milliseconds?: number;
}

/**
 * A message is on the screen for some seconds. How long it takes to look for it depends on the computer, so that it may
 * be gone by then: after this many milliseconds it is looked for where the editor has put it.
 */
const onScreen = 10_000;

/** @returns what opens the list behind the bell of the status bar, from a while after now on. */
export function lookBehindBell(page: Page): () => Promise<void> {
  const since = Date.now();
  return async () => {
    // One that was shown in the list already is new no longer.
    if (Date.now() - since > onScreen) await openList(page, '.codicon-bell-dot, .codicon-bell');
  };
}

/** Opens the list of those that are on the screen no longer, by default if one of them is new. */
export async function openList(page: Page, bells = '.codicon-bell-dot'): Promise<void> {
  const bell = page.locator('.statusbar-item').locator(bells);
  const list = page.locator('.notifications-center.visible');
  if ((await bell.isVisible()) && !(await list.isVisible())) await press(bell);
}

/** Waits for a message that fits, on the screen or behind the bell. */
export async function waitForNotification(
  page: Page,
  wanted: Wanted,
  { buttons, milliseconds }: AwaitedMessage = {},
): Promise<Notification> {
  const expected = buttons === undefined ? '' : ` with the buttons ${buttons.join(', ')}`;
  const look = lookBehindBell(page);
  return waitFor(
    async () =>
      `the message ${String(wanted)}${expected}; there are: ${JSON.stringify(await readNotifications(page))}`,
    async () => {
      const found = (await readNotifications(page)).find(
        shown =>
          isWanted(shown.message, wanted) &&
          (buttons === undefined || shown.buttons.join() === buttons.join()),
      );
      if (!found) await look();
      return found;
    },
    milliseconds,
  );
}

/** Presses a button of the message; waits for both, as the text may change and the buttons are drawn after it. */
export async function pressNotification(page: Page, wanted: Wanted, button: Wanted): Promise<Notification> {
  // A mouse that rests where a message appears has a hint drawn over it.
  await page.mouse.move(1, 1);
  const look = lookBehindBell(page);
  return waitFor(
    async () =>
      `the button ${String(button)} of ${String(wanted)}; there are: ${JSON.stringify(await readNotifications(page))}`,
    async () => {
      for (const notification of await readNotifications(page)) {
        const label = notification.buttons.find(text => isWanted(text, button));
        if (label === undefined || !isWanted(notification.message, wanted)) continue;
        const pressed = items(page)
          .filter({ hasText: notification.message })
          .first()
          .locator('.notification-list-item-buttons-container')
          .getByRole('button', { name: label, exact: true });
        if (await press(pressed)) return notification;
      }
      await look();
      return undefined;
    },
  );
}

/** Clicks a link in the text of a message; waits for a message that has it, as its text may change. */
export async function followLink(page: Page, wanted: Wanted, link: string): Promise<void> {
  await waitFor(
    async () =>
      `the link ${link} in ${String(wanted)}; there are: ${JSON.stringify(await readNotifications(page))}`,
    async () => {
      const found = (await readNotifications(page)).find(
        ({ message }) => isWanted(message, wanted) && message.includes(link),
      );
      return (
        found !== undefined &&
        press(
          items(page)
            .filter({ hasText: found.message })
            .first()
            .locator('.notification-list-item-message')
            .getByText(link, { exact: true }),
        )
      );
    },
  );
}
