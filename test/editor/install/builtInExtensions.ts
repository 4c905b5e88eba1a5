import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What of the hundred extensions that VS Code brings can meet a sign-in: those that sign in themselves, and those that
 * the look of a window and its settings come from.
 */
const needed = [
  'configuration-editing',
  'github-authentication',
  'json',
  'json-language-features',
  'markdown-basics',
  'microsoft-authentication',
  'theme-defaults',
  'theme-seti',
];

/**
 * A folder with those built-in extensions of the editor that matter to a sign-in. Without the others (languages, Git,
 * debuggers, …) a window costs a third less time, and a test opens many.
 *
 * @param all the folder with all of them.
 * @param cache where the folder is made the first time, and found later.
 */
export async function neededBuiltIns(all: string, cache: string): Promise<string> {
  const which = createHash('sha256').update(needed.join()).digest('hex').slice(0, 8);
  const folder = join(cache, `built-in-extensions-${which}`);
  if (existsSync(folder)) return folder;
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    for (const name of needed) await cp(join(all, name), join(unfinished, name), { recursive: true });
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process may have been faster; its folder is as good as ours.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

interface Manifest {
  readonly publisher?: string;
  readonly name: string;
  readonly browser?: string;
}

/**
 * The value of `remote.extensionKind` by which no built-in extension runs in a web worker. code-server names them to
 * each window and doesn't have their files: half a dozen fail at once when a window opens, and of more than three
 * messages in a moment the editor shows none, not even that of whoever comes next.
 */
export async function noneInWebWorkers(all: string): Promise<Record<string, readonly string[]>> {
  const kinds: Record<string, readonly string[]> = {};
  for (const folder of await readdir(all)) {
    const file = join(all, folder, 'package.json');
    if (!existsSync(file)) continue;
    const { publisher = 'vscode', name, browser } = JSON.parse(await readFile(file, 'utf8')) as Manifest;
    if (browser !== undefined) kinds[`${publisher}.${name}`] = ['-web', 'workspace'];
  }
  return kinds;
}
