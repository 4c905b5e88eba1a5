import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The scripts that start the command, by the names of their files. */
export function scriptsFor(
  node: string,
  program: string,
  platform: NodeJS.Platform,
): ReadonlyMap<string, string> {
  return platform === 'win32' ? windowsScripts(node, program) : posixScripts(node, program);
}

/** Docker looks for its helpers by their names on the `PATH`. */
const dockerHelper = 'docker-credential-vscode-oidc';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** `ELECTRON_RUN_AS_NODE` makes the desktop editor's program a Node, as git's askpass of the editor does it. */
function posixScripts(node: string, program: string): ReadonlyMap<string, string> {
  const start = `#!/bin/sh\nELECTRON_RUN_AS_NODE=1 exec ${quoted(node)} ${quoted(program)}`;
  return new Map([
    ['vscode-oidc', `${start} "$@"\n`],
    [dockerHelper, `${start} docker-credential "$@"\n`],
  ]);
}

function windowsScripts(node: string, program: string): ReadonlyMap<string, string> {
  const escaped = (text: string): string => text.replaceAll('%', '%%');
  const batch = (verb: string): string =>
    [
      '@echo off',
      'setlocal',
      'set ELECTRON_RUN_AS_NODE=1',
      `"${escaped(node)}" "${escaped(program)}"${verb} %*`,
      '',
    ].join('\r\n');
  const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const shell = [
    '$env:ELECTRON_RUN_AS_NODE = 1',
    `try { $input | & ${literal(node)} ${literal(program)} @args; exit $LASTEXITCODE }`,
    'finally { Remove-Item Env:ELECTRON_RUN_AS_NODE }',
    '',
  ].join('\r\n');
  return new Map([
    ['vscode-oidc.cmd', batch('')],
    ['vscode-oidc.ps1', shell],
    [`${dockerHelper}.cmd`, batch(' docker-credential')],
  ]);
}

/**
 * Writes the scripts, each as a whole: another window can run one at this moment.
 *
 * @param folder private, the same for all windows, and not the extension's own, which moves with each update.
 */
export async function writeScripts(folder: string, scripts: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of scripts) {
    const file = join(folder, name);
    if ((await readFile(file, 'utf8').catch(() => undefined)) === text) continue;
    const written = `${file}.${process.pid}`;
    await writeFile(written, text, { mode: 0o700 });
    await chmod(written, 0o700);
    await rename(written, file);
  }
}
