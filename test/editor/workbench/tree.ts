import type { Locator, Page } from 'playwright-core';
import { isWanted, waitFor, type Wanted } from './waiting.ts';

/** A view in the side bar that shows a tree. */
export interface TreeView {
  /** The rows that are drawn, as a person reads them: label and description, with `|` between. */
  rows(): Promise<string[]>;
  /** What a screen reader says of them. */
  spoken(): Promise<string[]>;
  /** Waits for a row and returns its text. */
  waitForRow(wanted: Wanted): Promise<string>;
  row(wanted: Wanted): Promise<Locator>;
  /** Rests the mouse on a row until the editor shows a hint with this text, and returns the whole of it. */
  hint(wanted: Wanted, text: string): Promise<string>;
  /** Presses a button that shows on a row under the mouse. */
  pressOnRow(wanted: Wanted, button: string): Promise<void>;
}

/** @param label what the editor calls the view for screen readers. */
export function treeViewOf(page: Page, label: string): TreeView {
  const all = page.locator(`.tree-explorer-viewlet-tree-view, .customview-tree`).filter({ visible: true });
  const tree = all.filter({ has: page.locator(`[role="tree"][aria-label="${label}"]`) });
  const items = tree.locator('.monaco-list-row');

  const texts = (): Promise<string[]> =>
    items.evaluateAll(found =>
      found.map(item =>
        ['.label-name', '.label-description']
          .map(selector => item.querySelector<HTMLElement>(selector)?.innerText.trim() ?? '')
          .filter(text => text !== '')
          .join(' | '),
      ),
    );

  const find = (wanted: Wanted): Promise<{ row: Locator; text: string }> => {
    let seen: string[] = [];
    return waitFor(
      () => Promise.resolve(`the row ${String(wanted)} in: ${seen.join(' // ')}`),
      async () => {
        seen = await texts();
        const index = seen.findIndex(text => isWanted(text, wanted));
        return index >= 0 && { row: items.nth(index), text: seen[index] ?? '' };
      },
    );
  };

  return {
    rows: texts,
    spoken: () => items.evaluateAll(found => found.map(item => item.getAttribute('aria-label') ?? '')),
    waitForRow: async wanted => (await find(wanted)).text,
    row: async wanted => (await find(wanted)).row,
    async hint(wanted, text) {
      const hint = page.locator('.monaco-hover').filter({ hasText: text });
      return waitFor(`the hint “${text}”`, async () => {
        // A row that is drawn anew under a mouse that rests shows none.
        await page.mouse.move(0, 0);
        await (await find(wanted)).row.hover();
        // It can be gone as soon as it was there.
        return hint.innerText({ timeout: 5000 }).catch(() => false as const);
      });
    },
    async pressOnRow(wanted, button) {
      const { row } = await find(wanted);
      await row.hover();
      await row.locator('.actions').getByRole('button', { name: button }).click();
    },
  };
}
