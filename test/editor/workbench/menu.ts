import type { Locator, Page } from 'playwright-core';
import { isWanted, waitFor, type Wanted } from './waiting.ts';

/** The menu that is open, or a submenu of it: only entries that a person could choose. */
function entriesOf(page: Page): Locator {
  return page.locator('.monaco-menu .action-item:not(.disabled):has(.action-label:not(.separator))');
}

async function labelOf(entry: Locator): Promise<string> {
  return (await entry.locator('.action-label').first().innerText()).trim();
}

/** The labels of every open menu and submenu, from top to bottom. */
export async function menuEntries(page: Page): Promise<string[]> {
  const labels = await entriesOf(page).locator('.action-label').allInnerTexts();
  return labels.map(label => label.trim());
}

async function findEntry(page: Page, wanted: Wanted): Promise<Locator | undefined> {
  const entries = await entriesOf(page).all();
  // The innermost submenu comes last, and that is where the mouse is.
  for (const entry of entries.reverse()) if (isWanted(await labelOf(entry), wanted)) return entry;
  return undefined;
}

async function isOpen(page: Page): Promise<boolean> {
  return (await page.locator('.monaco-menu').count()) > 0;
}

/** Moves the mouse onto the entry as a hand does; without the steps between, the menu does not notice. */
async function moveOnto(page: Page, entry: Locator): Promise<void> {
  const box = await entry.boundingBox();
  if (!box) return;
  await page.mouse.move(box.x + Math.min(40, box.width / 2), box.y + box.height / 2, { steps: 8 });
}

/**
 * Chooses an entry of the open menu: `['Sign Out']`, or through a submenu `[/^alice/, 'Sign Out']`.
 *
 * A menu that has just opened ignores the mouse for a moment and nothing on the page tells when that is over:
 * so the entry is pressed again until the menu is gone.
 */
export async function chooseMenuEntry(page: Page, path: readonly Wanted[]): Promise<void> {
  const last = path.length - 1;
  for (const [depth, wanted] of path.entries()) {
    const there = async () => `menu entry ${String(wanted)} among: ${(await menuEntries(page)).join(' | ')}`;
    const entry = await waitFor(there, () => findEntry(page, wanted));
    if (depth < last) {
      const submenus = page.locator('.monaco-submenu');
      await waitFor(`the submenu of ${String(wanted)}`, async () => {
        if ((await submenus.count()) > depth) return true;
        await moveOnto(page, entry);
        await page.waitForTimeout(300);
        return (await submenus.count()) > depth;
      });
    } else {
      await waitFor(`the menu to close after ${String(wanted)}`, async () => {
        await moveOnto(page, entry);
        await page.waitForTimeout(150);
        await page.mouse.down();
        await page.mouse.up();
        await page.waitForTimeout(150);
        return !(await isOpen(page));
      });
    }
  }
}
