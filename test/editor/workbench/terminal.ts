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

const rows = (page: Page): Promise<string> =>
  page.locator('.terminal-wrapper.active .xterm-rows').last().innerText();

/**
 * Opens a terminal.
 *
 * @param folder for what commands print, so that a test reads all of it and not what the screen shows.
 */
export async function openTerminal(window: Workbench, folder: string): Promise<Terminal> {
  const { page } = window;
  await window.runCommand('Terminal: Create New Terminal');
  const input = page.locator('.terminal-wrapper.active .xterm-helper-textarea').last();
  await input.waitFor({ state: 'attached' });
  let latest = 0;

  async function type(command: string): Promise<void> {
    await page.bringToFront();
    await input.focus();
    await page.keyboard.type(command);
    await page.keyboard.press('Enter');
  }

  async function start(command: string): ReturnType<Terminal['start']> {
    const file = join(folder, `terminal-${++latest}-${Date.now()}`);
    // No group: what a shell tells the editor about each command of it would be in the files.
    await type(`${command} >${file}.out 2>${file}.err; echo $? >${file}.code`);
    return async () => {
      const code = await waitFor(
        async () => `the end of ${command}; the terminal has: ${await rows(page)}`,
        async () => (await readFile(`${file}.code`, 'utf8').catch(() => '')).trim() || undefined,
      );
      const [out, err] = await Promise.all([`${file}.out`, `${file}.err`].map(one => readFile(one, 'utf8')));
      return { out: out ?? '', err: err ?? '', code: Number(code) };
    };
  }

  // A shell that still starts would lose what is typed.
  await waitFor('a prompt in the terminal', async () => /[$#%>]\s*$/.test((await rows(page)).trimEnd()));
  return {
    type,
    start,
    screen: () => rows(page),
    run: async command => (await start(command))(),
  };
}
