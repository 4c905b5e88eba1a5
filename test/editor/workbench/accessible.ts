import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Workbench } from '../workbench.ts';

/** With `WIZARD_PICTURES=1`, there are pictures of each page in each theme: their colors are the editor's. */
export const inEveryTheme = process.env['WIZARD_PICTURES'] === '1';
const pictures = join(import.meta.dirname, '..', '..', '..', 'dist', 'test', 'wizard');

/** The editor's themes, by the class that the workbench then has. */
const all = {
  'Dark Modern': 'vs-dark',
  'Light Modern': 'vs',
  'Dark High Contrast': 'hc-black',
  'Light High Contrast': 'hc-light',
};
/** The themes to look at, with their classes: all of them only for the pictures. */
export const themes = Object.entries(all).slice(0, inEveryTheme ? undefined : 1);

/** Parts of the window, as selectors. */
export const parts = { box: '.quick-input-widget', sidebar: '.part.sidebar', dialog: '.monaco-dialog-box' };

export async function chooseTheme(window: Workbench, theme: string, name: string): Promise<void> {
  await window.runCommand('Preferences: Color Theme');
  // What is typed before the themes are there, filters nothing.
  await window.quickInput.read(/^Select Color Theme/, ({ items }) => items.length > 2);
  await window.quickInput.type(theme);
  await window.quickInput.pick(theme);
  await window.page.locator(`.monaco-workbench.${name}`).waitFor();
}

/** Looks at parts of a window with axe, and takes pictures of them. */
export interface Accessibility {
  /** From now on, forgives the rules that the editor itself breaks in this part: an extension can't change that. */
  learn(part: string): Promise<void>;
  /** As `learn`, of the editor's own lists. */
  learnLists(): Promise<void>;
  /** As `learn`, of the editor's boxes for text: each names a list that only lists have (`aria-controls`). */
  learnBoxes(): void;
  /** Checks what is shown there now. @throws AssertionError that names what is wrong. */
  look(name: string, part?: string): Promise<void>;
  readonly forgiven: ReadonlySet<string>;
}

/** @param theme the name of the class in the pictures' names. */
export function accessibilityOf(window: Workbench, theme: string): Accessibility {
  const forgiven = new Set([
    // The editor's list to choose several from is a listbox of checkboxes.
    'aria-required-children',
  ]);

  async function violationsIn(
    part: string,
  ): Promise<{ readonly id: string; readonly at: readonly string[] }[]> {
    await window.page.evaluate(axe.source);
    return window.page.evaluate(
      async ([within]) => {
        const { axe: tool } = globalThis as unknown as { axe: typeof axe };
        const found = await tool.run(within, {
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
          rules: { 'color-contrast': { enabled: false } },
        });
        return found.violations.map(({ id, nodes }) => ({ id, at: nodes.map(node => node.html) }));
      },
      [part] as const,
    );
  }

  async function checkRows(name: string, part: string): Promise<void> {
    const rows = await window.page
      .locator(`${part} .monaco-list-row`)
      .evaluateAll(elements =>
        elements.map(row => [
          row.getAttribute('aria-label') ?? '',
          row.querySelector<HTMLElement>('.label-name')?.innerText.trim() ?? '',
        ]),
      );
    for (const [spoken = '', label = ''] of rows) assert.ok(spoken.includes(label), `${name}: ${spoken}`);
  }

  async function learn(part: string): Promise<void> {
    for (const { id } of await violationsIn(part)) forgiven.add(id);
  }

  return {
    forgiven,
    learn,
    async learnLists() {
      for (const list of ['Preferences: Color Theme', 'Show All Commands']) {
        await window.runCommand(list);
        await window.page.locator(`${parts.box} .monaco-list-row`).first().waitFor();
        await learn(parts.box);
        await window.quickInput.cancel();
      }
    },
    learnBoxes: () => void forgiven.add('aria-valid-attr-value'),
    async look(name, part = parts.box) {
      const violations = await violationsIn(part);
      assert.deepEqual(
        violations.filter(({ id }) => !forgiven.has(id)),
        [],
        name,
      );
      await checkRows(name, part);
      if (!inEveryTheme) return;
      await mkdir(pictures, { recursive: true });
      await window.page.screenshot({ path: join(pictures, `${name}-${theme}.png`) });
    },
  };
}
