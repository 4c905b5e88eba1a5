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

/** The last lines of every log of the extension, newest file last. */
export function evidence(): string {
  return [...logFolders]
    .flatMap(folder => globSync(join(folder, '**', 'vscode-oidc.oidc-authentication', '*.log')).sort())
    .map(file => {
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lastLines);
      return [`${basename(dirname(dirname(file)))}: ${basename(file)}`, ...lines].join('\n    ');
    })
    .join('\n  ');
}
