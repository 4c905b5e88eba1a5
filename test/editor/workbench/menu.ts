import type { Locator, Page } from 'playwright-core';
import { isWanted, waitFor, type Wanted } from './waiting.ts';

/** The menu that is open, or a submenu of it: only entries that a person could choose. */
function entriesOf(page: Page): Locator {
  return page.locator('.monaco-menu .action-item:not(.disabled):has(.action-label:not(.separator))');
}

/** The labels of every open menu and submenu, from top to bottom. */
export async function menuEntries(page: Page): Promise<string[]> {
  const labels = await entriesOf(page).locator('.action-label').allInnerTexts();
  return labels.map(label => label.trim());
}

async function isOpen(page: Page): Promise<boolean> {
  return (await page.locator('.monaco-menu').count()) > 0;
}

/** The entry that has the focus in the menu at this depth: 0 is the menu, 1 its submenu, and so on. */
async function focusedEntry(page: Page, depth: number): Promise<string | undefined> {
  const menu = page.locator('.monaco-menu').nth(depth);
  const focused = menu.locator('> .monaco-action-bar > .actions-container > .action-item.focused');
  const [label] = await focused.first().locator('.action-label').allInnerTexts();
  return label?.trim();
}

/** Moves the focus onto an entry of the menu at this depth, with the arrow keys. */
async function focusEntry(page: Page, depth: number, wanted: Wanted): Promise<void> {
  const there = async () => `menu entry ${String(wanted)} among: ${(await menuEntries(page)).join(' | ')}`;
  await waitFor(there, async () => {
    const focused = await focusedEntry(page, depth);
    if (focused !== undefined && isWanted(focused, wanted)) return true;
    await page.keyboard.press('ArrowDown');
    return undefined;
  });
}

/**
 * Chooses an entry of the open menu: `['Sign Out']`, or through a submenu `[/^alice/, 'Sign Out']`.
 *
 * With the keyboard, as a person may: a menu that has just opened ignores the mouse for a moment, and closes
 * a submenu when the mouse crosses another entry on its way there.
 */
export async function chooseMenuEntry(page: Page, path: readonly Wanted[]): Promise<void> {
  const last = path.length - 1;
  for (const [depth, wanted] of path.entries()) {
    await focusEntry(page, depth, wanted);
    if (depth < last) {
      await waitFor(`the submenu of ${String(wanted)}`, async () => {
        if ((await page.locator('.monaco-menu').count()) > depth + 1) return true;
        await page.keyboard.press('ArrowRight');
        return undefined;
      });
    } else {
      await page.keyboard.press('Enter');
      await waitFor(`the menu to close after ${String(wanted)}`, async () => !(await isOpen(page)));
    }
  }
}
