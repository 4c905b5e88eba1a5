/**
 * What a person would look at after a failed test: each window that is open, and the last lines of the extension's own
 * log in each editor that runs. All of it is gone once the tests are over, so it is read the moment a test fails.
 */
import { globSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Page } from 'playwright-core';

/** Enough for the minutes before the failure. */
const lastLines = 40;

const logFolders = new Set<string>();

/** From now on, until the returned function is called, the logs in this folder are evidence. */
export function keepAsEvidence(logs: string): () => void {
  logFolders.add(logs);
  return () => logFolders.delete(logs);
}

/** Of each log, how many lines have been shown. */
const shown = new Map<string, number>();

/** What every log of the extension has got since it was last asked for, and no more than its last lines. */
export function evidence(): string {
  return [...logFolders]
    .flatMap(folder => globSync(join(folder, '**', 'vscode-oidc.oidc-authentication', '*.log')).sort())
    .flatMap(file => {
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      const fresh = lines.slice(shown.get(file) ?? 0).slice(-lastLines);
      shown.set(file, lines.length);
      return fresh.length === 0
        ? []
        : [[`${basename(dirname(dirname(file)))}: ${basename(file)}`, ...fresh].join('\n    ')];
    })
    .join('\n  ');
}

const windows = new Set<Page>();

/** From now on, until it is closed, what this window shows is evidence. */
export function keepWindow(page: Page): void {
  windows.add(page);
  page.once('close', () => windows.delete(page));
}

/** Enough to see what stands in the way. */
const shownCharacters = 1500;

/** Takes a picture of each open window, and returns where it is and the text that can be read in the window. */
export async function pictures(folder: string, test: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const name = test.replace(/[^a-z0-9]+/gi, '-').slice(-80);
  const seen = await Promise.all(
    [...windows].map(async (page, at) => {
      const path = join(folder, `failed-${name}-${at + 1}.png`);
      try {
        await page.screenshot({ path, timeout: 10_000 });
        const text = (await page.locator('body').innerText({ timeout: 10_000 })).replace(/\s+/g, ' ');
        return `window ${at + 1}, ${path}:\n    ${text.slice(-shownCharacters)}`;
      } catch (error) {
        return `window ${at + 1} can't be seen: ${error instanceof Error ? error.message : String(error)}`;
      }
    }),
  );
  return seen.join('\n  ');
}
