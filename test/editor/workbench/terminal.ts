import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Workbench } from '../workbench.ts';
import { waitFor } from './waiting.ts';

/** The integrated terminal of a window, used as a person uses it: with the keyboard and the eyes. */
export interface Terminal {
  /** Types a command and Enter. Does not wait for it. */
  type(command: string): Promise<void>;
  /** What is on its screen. */
  screen(): Promise<string>;
  /** Everything that it has shown and still keeps. */
  buffer(): Promise<string>;
  /** Types one command, which redirects nothing, and waits for its end. @returns what it printed, on both outputs, and its exit code. */
  run(command: string): Promise<{ out: string; err: string; code: number }>;
  /** Starts it without waiting; the result comes when it has ended. */
  start(command: string): Promise<() => Promise<{ out: string; err: string; code: number }>>;
}

/** Draws text that a test can read. */
export const readableTerminal = {
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.defaultProfile.linux': 'bash',
  'terminal.integrated.shellIntegration.enabled': true,
};

/** The terminals of a window, as they are drawn at one moment. */
interface Drawn {
  /** How many there are. Those that were never in front have no number and no screen yet. */
  readonly count: number;
  /** The number of the one in front, which no other terminal of the window ever gets. Undefined: none is drawn. */
  readonly active: number | undefined;
  readonly screen: string;
  /** True if keys go to it. */
  readonly isFocused: boolean;
}

const drawn = (page: Page): Promise<Drawn> =>
  page.evaluate(() => {
    const all = document.querySelectorAll('.terminal-wrapper');
    const active = document.querySelector('.terminal-wrapper.active');
    const input = active?.querySelector('.xterm-helper-textarea');
    const number = /^Terminal (\d+)\b/.exec(input?.getAttribute('aria-label') ?? '')?.[1];
    return {
      count: all.length,
      active: number === undefined ? undefined : Number(number),
      screen: active?.querySelector<HTMLElement>('.xterm-rows')?.innerText ?? '',
      isFocused: input !== null && input === document.activeElement,
    };
  });

const hasPrompt = ({ screen }: Drawn): boolean => /[$#%>]\s*$/.test(screen.trimEnd());

/** The numbers of the terminals that a window has. After a reload it has as many, with other numbers. */
const known = new WeakMap<Page, { numbers: Set<number>; restored: number }>();

function knownOf(page: Page): { numbers: Set<number>; restored: number } {
  const found = known.get(page);
  if (found) return found;
  const terminals = { numbers: new Set<number>(), restored: 0 };
  known.set(page, terminals);
  page.on('framenavigated', frame => {
    if (frame !== page.mainFrame()) return;
    terminals.restored += terminals.numbers.size;
    terminals.numbers.clear();
  });
  return terminals;
}

/**
 * Opens a terminal, and waits until it is the one in front: for a while after the command that is still the one before.
 *
 * @param folder for what commands print, so that a test reads all of it and not what the screen shows.
 */
export async function openTerminal(window: Workbench, folder: string): Promise<Terminal> {
  const { numbers, restored } = knownOf(window.page);
  if (restored > 0) throw new Error('Take the restored terminals first: a new one looks like them');
  await window.runCommand('Terminal: Create New Terminal');
  const number = await readyTerminal(
    window.page,
    ({ active }) => active !== undefined && !numbers.has(active),
  );
  numbers.add(number);
  return terminalOf(window, folder, number);
}

/** The terminal in front of those that a window has restored after a reload, when all of them are there. */
export async function restoredTerminal(window: Workbench, folder: string): Promise<Terminal> {
  const terminals = knownOf(window.page);
  const { restored, numbers } = terminals;
  const number = await readyTerminal(window.page, ({ count }) => count === restored);
  // They are numbered from 1 on, those that are not drawn, too.
  for (let one = 1; one <= restored; one += 1) numbers.add(one);
  terminals.restored = 0;
  return terminalOf(window, folder, number);
}

/** A shell that still starts would lose what is typed. */
function readyTerminal(page: Page, isWanted: (now: Drawn) => boolean): Promise<number> {
  return waitFor(
    async () => `a prompt in the terminal; there is: ${JSON.stringify(await drawn(page))}`,
    async () => {
      const now = await drawn(page);
      return isWanted(now) && hasPrompt(now) && now.active;
    },
  );
}

function terminalOf(window: Workbench, folder: string, number: number): Terminal {
  const { page } = window;
  const input = page.locator(
    `.terminal-wrapper.active .xterm-helper-textarea[aria-label^="Terminal ${number},"]`,
  );
  let latest = 0;

  async function screen(): Promise<string> {
    const { active, screen } = await drawn(page);
    if (active !== number) throw new Error(`Terminal ${number} is not in front, but ${active ?? 'none'}`);
    return screen;
  }

  async function buffer(): Promise<string> {
    await screen();
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await window.runCommand('Terminal: Select All');
    await window.runCommand('Terminal: Copy Selection');
    return waitFor(
      'the text of the terminal',
      async () => (await page.evaluate(() => navigator.clipboard.readText())) || undefined,
    );
  }

  async function type(command: string): Promise<void> {
    await page.bringToFront();
    // The panel may have something else in front.
    if ((await drawn(page)).active !== number) await window.runCommand('Terminal: Focus Terminal');
    await input.focus();
    await page.keyboard.type(command);
    const squeezed = (text: string): string => text.replace(/\s/g, '');
    await waitFor(
      async () => `${command} on the screen; there is: ${JSON.stringify(await drawn(page))}`,
      async () => squeezed(await screen()).includes(squeezed(command)),
    );
    await page.keyboard.press('Enter');
  }

  async function start(command: string): ReturnType<Terminal['start']> {
    const file = join(folder, `terminal-${number}-${++latest}-${Date.now()}`);
    // No group: what a shell tells the editor about each command of it would be in the files.
    await type(`${command} >${file}.out 2>${file}.err; echo $? >${file}.code`);
    return async () => {
      const code = await waitFor(
        async () => `the end of ${command}; there is: ${JSON.stringify(await drawn(page))}`,
        async () => (await readFile(`${file}.code`, 'utf8').catch(() => '')).trim() || undefined,
      );
      const [out, err] = await Promise.all([`${file}.out`, `${file}.err`].map(one => readFile(one, 'utf8')));
      return { out: out ?? '', err: err ?? '', code: Number(code) };
    };
  }

  return { type, start, screen, buffer, run: async command => (await start(command))() };
}
