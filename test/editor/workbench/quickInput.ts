import { errors, type Locator, type Page } from 'playwright-core';
import { press } from './press.ts';
import { isWanted, waitFor, type Wanted } from './waiting.ts';

/** What the input box or list at the top of the window shows. */
export interface QuickInputContent {
  readonly title: string;
  readonly placeholder: string;
  readonly value: string;
  /** The hint or the complaint below the input box. */
  readonly message: string;
  /** What a screen reader says of each row: label, description and detail with commas between. */
  readonly items: readonly string[];
}

export interface QuickInput {
  /**
   * Waits until one is open whose title or placeholder matches, and what it shows fits: the rest may come after the
   * title.
   */
  read(wanted?: Wanted, fits?: (shown: QuickInputContent) => boolean): Promise<QuickInputContent>;
  isOpen(): Promise<boolean>;
  type(text: string): Promise<void>;
  /** Chooses the row with that label (or whose whole text matches). */
  pick(wanted: Wanted): Promise<void>;
  /** Enter. */
  accept(): Promise<void>;
  cancel(): Promise<void>;
  /** Presses *Back*, and waits for the page that it leads to, as `read` does: a second press would find this one. */
  goBack(to: Wanted, fits?: (shown: QuickInputContent) => boolean): Promise<QuickInputContent>;
}

/** How long one step waits for what the step before has opened. */
const soon = { timeout: 1500 };

export function quickInputOf(page: Page): QuickInput {
  const widget = page.locator('.quick-input-widget');
  const input = widget.locator('.quick-input-box input');
  const rows = widget.locator('.quick-input-list .monaco-list-row');

  /** Read in one go: the next moment it may be another one. */
  async function content(): Promise<QuickInputContent | undefined> {
    const [shown] = await widget.filter({ visible: true }).evaluateAll(widgets =>
      widgets.map(shown => {
        const first = <T extends HTMLElement>(selector: string): T | undefined =>
          [...shown.querySelectorAll<T>(selector)].find(
            ({ offsetWidth, offsetHeight }) => offsetWidth > 0 && offsetHeight > 0,
          );
        const box = first<HTMLInputElement>('.quick-input-box input');
        return {
          title: first('.quick-input-title')?.innerText.trim() ?? '',
          placeholder: box?.placeholder ?? '',
          value: box?.value ?? '',
          message: first('.quick-input-message')?.innerText.trim() ?? '',
          items: [...shown.querySelectorAll('.quick-input-list .monaco-list-row')].map(
            row => row.getAttribute('aria-label') ?? '',
          ),
        };
      }),
    );
    return shown;
  }

  async function describe(): Promise<string> {
    return JSON.stringify((await content()) ?? 'no input open');
  }

  /** Looks at all rows in one go: the list may be another one the next moment. */
  async function findRow(wanted: Wanted): Promise<Locator | undefined> {
    const texts = await rows.evaluateAll(elements =>
      elements.map(element => [
        element.getAttribute('aria-label') ?? '',
        element.querySelector<HTMLElement>('.label-name')?.innerText.trim() ?? '',
      ]),
    );
    const index = texts.findIndex(labels => labels.some(label => isWanted(label, wanted)));
    const [spoken = ''] = texts[index] ?? [];
    // By its name: a list that is drawn again while it is pressed may have another row in its place.
    if (index < 0) return undefined;
    return spoken === '' ? rows.nth(index) : widget.locator(named(spoken)).first();
  }

  const read: QuickInput['read'] = async (wanted, fits = () => true) =>
    waitFor(
      async () => `an input ${wanted === undefined ? '' : String(wanted)}; there is: ${await describe()}`,
      async () => {
        const now = await content();
        if (now === undefined) return undefined;
        const isThat =
          wanted === undefined || [now.title, now.placeholder].some(text => isWanted(text, wanted));
        return isThat && fits(now) && now;
      },
    );

  return {
    isOpen: () => widget.isVisible(),
    read,
    async goBack(to, fits) {
      await page.getByRole('button', { name: 'Back' }).click();
      return read(to, fits);
    },
    async type(text) {
      await input.waitFor({ state: 'visible' });
      await input.fill(text);
    },
    async pick(wanted) {
      let tries = 0;
      await waitFor(
        async () => `the row ${String(wanted)} in ${await describe()}`,
        async () => {
          const row = await findRow(wanted);
          if (row === undefined) return false;
          if (await press(row)) return true;
          // The editor shows the whole of a row that is too long over the one below it, while the mouse rests there.
          // Not each time: where pressing moves the mouse, a row may need to have it before it holds still.
          if (++tries % 3 === 0) await page.mouse.move(0, 0);
          return false;
        },
      );
    },
    async accept() {
      await input.waitFor({ state: 'visible' });
      await input.press('Enter');
    },
    async cancel() {
      await input.waitFor({ state: 'visible' });
      const left = await content();
      // One that has only just opened may not hear the key; another one that follows is not meant.
      await waitFor(`the input to close: ${JSON.stringify(left)}`, async () => {
        const now = await content();
        if (now === undefined || now.title !== left?.title || now.placeholder !== left.placeholder)
          return true;
        await page.keyboard.press('Escape');
        return (await content()) === undefined;
      });
    },
  };
}

/** A row by all that a screen reader says of it. */
const named = (spoken: string): string =>
  `.quick-input-list .monaco-list-row[aria-label="${spoken.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\a ')}"]`;

/** What the palette asks for, and no other input does. */
const palette = 'Type the name of a command to run.';

/** How long the palette may take to list what was typed, in milliseconds, before it is typed anew. */
const listed = 3000;

/**
 * Runs a command by its title in the command palette (`Consumer: Who Am I?`). Waits for commands of extensions
 * that the window does not know yet.
 */
export async function runCommand(page: Page, title: string): Promise<void> {
  const widget = page.locator('.quick-input-widget');
  const input = widget.locator('.quick-input-box input');
  const rows = widget.locator('.quick-input-list .monaco-list-row');
  const labels = rows.locator('.label-name');

  const isPalette = async (): Promise<boolean> =>
    (await widget.isVisible()) &&
    (await input.isVisible()) &&
    (await input.getAttribute('placeholder', soon)) === palette;

  const pressRow = async (): Promise<boolean> => {
    const index = (await labels.allInnerTexts()).findIndex(text => text.trim() === title);
    return index >= 0 && press(labels.nth(index));
  };

  // The palette must be open, hold the text and show a row of exactly that title; until then begin again. Whatever
  // takes the focus (a message, a dialog, a window that is still loading) closes it, at any of these steps.
  await waitFor(
    async () => `the command ${title} in the palette; it has: ${(await labels.allInnerTexts()).join(' | ')}`,
    async () => {
      try {
        if (!(await isPalette())) {
          // An input that is open would hear the keys.
          if (await widget.isVisible()) await page.keyboard.press('Escape');
          await page.keyboard.press('F1');
          await widget.locator(`input[placeholder="${palette}"]`).waitFor({ state: 'visible', ...soon });
        }
        await input.fill('>', soon);
        await input.fill(`>${title}`, soon);
        // A window that is busy lists it late; typing again would make it begin anew.
        const end = Date.now() + listed;
        while (Date.now() < end && (await widget.isVisible())) {
          if (await pressRow()) return true;
          await page.waitForTimeout(100);
        }
        return false;
      } catch (error) {
        if (error instanceof errors.TimeoutError) return false;
        throw error;
      }
    },
  );
}
