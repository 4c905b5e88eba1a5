/** A window of VS Code's workbench in a browser, as a person sees and uses it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Dialog as PageDialog, Page } from 'playwright-core';
import { keepWindow } from './evidence.ts';
import { chooseMenuEntry, menuEntries } from './workbench/menu.ts';
import {
  acceptDialog,
  followLink,
  notifications,
  pressNotification,
  readDialog,
  waitForNotification,
  type AwaitedMessage,
  type Dialog,
  type Notification,
} from './workbench/messages.ts';
import { agreeToProviders } from './workbench/newProvider.ts';
import { quickInputOf, runCommand, type QuickInput, type QuickInputContent } from './workbench/quickInput.ts';
import { timeout, waitFor, type Wanted } from './workbench/waiting.ts';

export type { AwaitedMessage, Dialog, Notification, QuickInput, QuickInputContent, Wanted };

/** Where a text is awaited, a string means exactly that text and a pattern what it matches. */
export interface Workbench {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Runs a command by its title in the palette; waits for commands that an extension has yet to bring. */
  runCommand(title: string): Promise<void>;
  /** What the Accounts button says: `Accounts`, or `Accounts - Sign in requested`. */
  accountsLabel(): Promise<string>;
  waitForAccountsLabel(wanted: Wanted): Promise<string>;
  /** Opens the Accounts menu and returns its entries. */
  openAccountsMenu(): Promise<string[]>;
  /** The entries of the Accounts menu, which is closed again. */
  accountsMenuEntries(): Promise<string[]>;
  /** Chooses from the menu that is open; several texts lead through submenus. */
  chooseMenuEntry(...path: Wanted[]): Promise<void>;
  closeMenu(): Promise<void>;
  /** The Accounts menu, the account, and then `Sign Out` or `Manage Trusted Extensions`. */
  chooseAccountAction(account: Wanted, action: Wanted): Promise<void>;
  readDialog(message?: Wanted): Promise<Dialog>;
  /** Presses a button of the dialog and returns what the dialog said. */
  acceptDialog(button: Wanted, message?: Wanted): Promise<Dialog>;
  readonly quickInput: QuickInput;
  /** The messages on the screen now. A message without buttons goes away by itself after a while. */
  notifications(): Promise<Notification[]>;
  waitForNotification(message: Wanted, more?: AwaitedMessage): Promise<Notification>;
  pressNotification(message: Wanted, button: Wanted): Promise<Notification>;
  /** Clicks a link in the text of a message. */
  followLink(message: Wanted, link: string): Promise<void>;
  /** So that the next message that is awaited is not an old one. */
  clearNotifications(): Promise<void>;
  /** Shows an output channel and returns its whole text. The log level in force decides what is in it. */
  outputChannel(name: string): Promise<string>;
  /** Resolves with the next page that the editor opens; begin to wait before the click that opens it. */
  nextPage(): Promise<Page>;
  reload(): Promise<void>;
  /** Saves `<name>.png` in the folder given to `openWorkbench` and returns its path; by default of this window. */
  screenshot(name: string, shown?: Page): Promise<string>;
  /** Closes the window; its extension host ends after the server's grace time. */
  close(): Promise<void>;
}

const repository = join(import.meta.dirname, '..', '..');

/** The workbench is drawn. What extensions bring may come later; whoever needs it waits for that. */
async function waitUntilReady(page: Page): Promise<void> {
  await page.locator('.monaco-workbench').waitFor({ timeout: timeout });
  await page.locator('.activitybar [aria-label^="Accounts"]').first().waitFor({ timeout: timeout });
  await page.locator('.statusbar .statusbar-item').first().waitFor({ timeout: timeout });
}

/**
 * Opens a window. `context` is the person: two windows of one context share cookies and storage.
 *
 * @param url from `EditorServer.url()`.
 * @param options.agrees whether the person agrees at once to every provider that is new to them; if not, the
 * test answers that question.
 * @param options.screenshots the folder for `screenshot`, by default `dist/test/screenshots`.
 */
export async function openWorkbench(
  context: BrowserContext,
  url: string,
  {
    screenshots = join(repository, 'dist', 'test', 'screenshots'),
    agrees = true,
  }: { screenshots?: string; agrees?: boolean } = {},
): Promise<Workbench> {
  // Reading an output channel goes through the clipboard.
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
  const page = await context.newPage();
  keepWindow(page);
  if (agrees) void agreeToProviders(page);
  await page.goto(url);
  await waitUntilReady(page);

  const accounts = page.locator('.activitybar [aria-label^="Accounts"]').first();
  const quickInput = quickInputOf(page);

  async function accountsLabel(): Promise<string> {
    return (await accounts.getAttribute('aria-label')) ?? '';
  }

  async function closeMenu(): Promise<void> {
    await waitFor('the menu to close', async () => {
      if ((await page.locator('.monaco-menu').count()) === 0) return true;
      await page.keyboard.press('Escape');
      return (await page.locator('.monaco-menu').count()) === 0;
    });
  }

  /** Whoever uses a window has it before them; behind another page of the browser it is slow besides. */
  async function runCommandInFront(title: string): Promise<void> {
    await page.bringToFront();
    await runCommand(page, title);
  }

  async function openAccountsMenu(): Promise<string[]> {
    await page.bringToFront();
    return waitFor('the Accounts menu', async () => {
      if ((await menuEntries(page)).length > 0) {
        // Drawn, and not just about to vanish.
        await page.evaluate(() => new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn, 100))));
        const entries = await menuEntries(page);
        if (entries.length > 0) return entries;
      }
      // A menu covers the window while it opens and closes: a click would not reach the button.
      if (await page.locator('.context-view-block').isVisible()) {
        // Just after the start it says "Loading...", and goes on saying so until it is opened anew.
        if ((await page.locator('.monaco-menu .action-item').count()) > 0)
          await page.keyboard.press('Escape');
        return undefined;
      }
      await accounts.click();
      // The menu asks every provider for its accounts before it opens.
      await page.locator('.monaco-menu .action-item').first().waitFor({ timeout: timeout });
      return undefined;
    });
  }

  async function outputChannel(name: string): Promise<string> {
    await runCommandInFront('Output: Show Output Channels...');
    await quickInput.read();
    await quickInput.type(name);
    await quickInput.pick(name);
    const editor = page.locator('.output-view-pane .monaco-editor, .output-view .monaco-editor').first();
    await editor.waitFor();
    return waitFor(`text in the output channel ${name}`, async () => {
      // The view shows only some lines; selecting all and copying reaches the others.
      await editor.locator('textarea, .native-edit-context').first().focus();
      await page.evaluate(() => navigator.clipboard.writeText(''));
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.press('ControlOrMeta+C');
      const text = await page.evaluate(() => navigator.clipboard.readText());
      return text !== '' && text;
    });
  }

  return {
    page,
    context,
    quickInput,
    accountsLabel,
    openAccountsMenu,
    closeMenu,
    outputChannel,
    runCommand: runCommandInFront,
    async waitForAccountsLabel(wanted) {
      return waitFor(
        async () => `the Accounts button to say ${String(wanted)}; it says ${await accountsLabel()}`,
        async () => {
          const label = await accountsLabel();
          return (typeof wanted === 'string' ? label === wanted : wanted.test(label)) && label;
        },
      );
    },
    async accountsMenuEntries() {
      const entries = await openAccountsMenu();
      await closeMenu();
      return entries;
    },
    chooseMenuEntry: (...path) => chooseMenuEntry(page, path),
    async chooseAccountAction(account, action) {
      await openAccountsMenu();
      await chooseMenuEntry(page, [account, action]);
    },
    readDialog: message => readDialog(page, message),
    acceptDialog: (button, message) => acceptDialog(page, button, message),
    notifications: () => notifications(page),
    waitForNotification: (message, more) => waitForNotification(page, message, more),
    pressNotification: (message, button) => pressNotification(page, message, button),
    followLink: (message, link) => followLink(page, message, link),
    async clearNotifications() {
      await runCommandInFront('Notifications: Clear All Notifications');
      await waitFor('no message on the screen', async () => (await notifications(page)).length === 0);
    },
    nextPage() {
      const opened = context.waitForEvent('page', { timeout: 2 * timeout });
      // Whoever awaits it is told; nobody does if a step before has failed.
      opened.catch(() => undefined);
      return opened;
    },
    async reload() {
      // The page asks whether to stay while something is being stored.
      const leave = (dialog: PageDialog): void => void dialog.accept();
      page.on('dialog', leave);
      await page.reload().finally(() => page.off('dialog', leave));
      await waitUntilReady(page);
    },
    async screenshot(name, shown = page) {
      await mkdir(screenshots, { recursive: true });
      const path = join(screenshots, `${name}.png`);
      await shown.screenshot({ path });
      return path;
    },
    async close() {
      await page.close();
    },
  };
}
