import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../process/childProcess.ts';

/**
 * Variables npm sets for the scripts it runs describe *our* package (its folder, scripts, versions); npm run
 * for another folder must not take them for its own. What a person or an administrator configured
 * (registry, proxy, certificates) stays.
 */
function npmEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^npm_(package_|lifecycle_|command$|execpath$|node_execpath$|config_local_prefix$|config_omit$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

/** npm's own script, to be run by the Node that runs us; undefined when only a program `npm` is known. */
function npmScript(): string | undefined {
  const execPath = process.env['npm_execpath'];
  if (execPath !== undefined && /npm-cli\.c?js$/.test(execPath) && existsSync(execPath)) return execPath;
  const folders = (process.env['PATH'] ?? '').split(process.platform === 'win32' ? ';' : ':');
  return folders
    .flatMap(folder => [
      // On Windows npm lies beside node.exe; elsewhere in the `lib` beside `bin`.
      join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
      join(dirname(folder), 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ])
    .find(existsSync);
}

/** The program and its first arguments that are npm, however it is installed. */
export function npmCommand(): { command: string; args: string[]; shell: boolean } {
  const script = npmScript();
  if (script !== undefined) return { command: process.execPath, args: [script], shell: false };
  // On Windows `npm` is a batch file, which only a shell can start.
  return { command: 'npm', args: [], shell: process.platform === 'win32' };
}

/** Runs npm in `folder` and returns its output. @throws {Error} with that output if it fails. */
export async function npm(folder: string, args: readonly string[]): Promise<string> {
  const { command, args: first, shell } = npmCommand();
  return run(command, [...first, ...args], { cwd: folder, env: npmEnvironment(), shell });
}
