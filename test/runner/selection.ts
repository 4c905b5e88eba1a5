import { globSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { countLine } from './count.ts';

/** Which tests of a suite to run: all of them, if neither files nor a text is given. */
export interface Selection {
  /** Folders in `test/`. */
  readonly folders: readonly string[];
  /** Files and folders of tests, by their paths; of a file, the end is enough. */
  readonly named: readonly string[];
  /** A text that the full name of a test has in it. */
  readonly grep: string | undefined;
}

/** The tests that are to run. */
export interface ChosenTests {
  /** Their files, by their paths in the repository. */
  readonly files: readonly string[];
  readonly grep: string | undefined;
}

const repository = join(import.meta.dirname, '..', '..');

/** @throws {TypeError} for an option that does not exist. */
export function readSelection(args: readonly string[]): Selection {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { grep: { type: 'string', short: 'g' } },
    allowPositionals: true,
  });
  const isPath = (text: string): boolean => /[/\\]|\.ts$/.test(text);
  return {
    folders: positionals.filter(text => !isPath(text)),
    named: positionals.filter(isPath),
    grep: values.grep,
  };
}

const slashed = (path: string): string => path.replaceAll('\\', '/');

/**
 * The files of tests that are meant, by their paths in the repository.
 *
 * @throws {Error} that says which file is not there, or which of several is meant.
 */
export function filesOf({ folders, named }: Selection, root = repository): string[] {
  const places = folders.length > 0 ? folders.map(folder => `test/${folder}`) : ['test'];
  const all = places.flatMap(place => {
    const found = globSync(`${place}/**/*.test.ts`, { cwd: root }).map(slashed).sort();
    if (found.length === 0) throw new Error(`There is no file *.test.ts in ${place}.`);
    return found;
  });
  if (named.length === 0) return all;
  const chosen = named.flatMap(name => {
    const path = slashed(relative(root, resolve(root, name)));
    const here = all.filter(file => file === path || file.startsWith(`${path}/`));
    if (here.length > 0) return here;
    const ends = all.filter(file => file.endsWith(`/${slashed(name)}`));
    if (ends.length > 1) throw new Error(`Which file is meant by ${name}: ${ends.join(', ')}?`);
    if (ends.length < 1) throw new Error(`There is no file of tests ${name} in ${places.join(' or ')}.`);
    return ends;
  });
  return [...new Set(chosen)];
}

/** The files that the arguments of a script ask for, and the text that chooses among their tests; ends it if there are none. */
export function chosenTests(args: readonly string[], folders?: readonly string[]): ChosenTests {
  try {
    const selection = readSelection(args);
    const within = folders ?? selection.folders;
    if (within.length + selection.named.length === 0)
      throw new Error('Which suite? Give the name of a folder in test/, or a file.');
    return { files: filesOf({ ...selection, folders: within }), grep: selection.grep };
  } catch (error) {
    return failSelection(error);
  }
}

export const nothingHas = (grep: string): string => `No test there has “${grep}” in its name.`;

/** Ends a script that has been asked for tests that do not exist. */
export function failSelection(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  console.log(countLine({ passed: 0, failed: 1 }));
  process.exit(1);
}
