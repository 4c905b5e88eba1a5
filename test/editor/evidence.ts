/**
 * What a person would look at after a failed test: the last lines of the extension's own log in each window of
 * each editor that runs. It is gone with the editor's folder once the tests are over, so it is read the moment a
 * test fails.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

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
