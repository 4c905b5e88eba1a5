import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { npm } from './npm.ts';
import { cleanAtExit } from '../process/leftovers.ts';
import { neededBuiltIns, noneInWebWorkers } from './builtInExtensions.ts';

/** VS Code 1.139.1. The digest is the one the registry publishes for this version. */
export const codeServerVersion = '4.139.1';
const codeServerIntegrity =
  'sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==';

const repository = join(import.meta.dirname, '..', '..', '..');
const cache = join(repository, '.vscode-test');
const home = join(cache, `code-server-${codeServerVersion}`);
const unfinished = 'unfinished-code-server-';

export interface CodeServerFiles {
  /** The program a person starts. */
  readonly codeServer: string;
  /** VS Code's own server inside it. */
  readonly vscodeServer: string;
  /** See {@link neededBuiltIns}. */
  readonly neededBuiltIns: string;
  /** See {@link noneInWebWorkers}. */
  readonly extensionKinds: Readonly<Record<string, readonly string[]>>;
}

async function files(folder: string): Promise<CodeServerFiles> {
  const root = join(folder, 'node_modules', 'code-server');
  const vscode = join(root, 'lib', 'vscode');
  const builtIns = join(vscode, 'extensions');
  return {
    codeServer: join(root, 'out', 'node', 'entry.js'),
    vscodeServer: join(vscode, 'out', 'server-main.js'),
    neededBuiltIns: await neededBuiltIns(builtIns, folder),
    extensionKinds: await noneInWebWorkers(builtIns),
  };
}

/** Our logger in the place of the native module that was not compiled. */
async function placeLogger(folder: string): Promise<void> {
  const source = await readFile(join(import.meta.dirname, '..', 'process', 'rotatingLogger.ts'), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'node22' });
  const place = join(
    folder,
    'node_modules',
    'code-server',
    'lib',
    'vscode',
    'node_modules',
    '@vscode',
    'spdlog',
  );
  const written = join(place, 'rotatingLogger.js');
  if (existsSync(written) && (await readFile(written, 'utf8')) === code) return;
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true });
  const manifest = { name: '@vscode/spdlog', version: '0.15.8', type: 'module', main: 'rotatingLogger.js' };
  await writeFile(join(place, 'package.json'), JSON.stringify(manifest, null, 2));
  await writeFile(written, code);
}

async function checkIntegrity(folder: string): Promise<void> {
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string } | undefined>;
  };
  const integrity = lock.packages['node_modules/code-server']?.integrity;
  if (integrity !== codeServerIntegrity) {
    throw new Error(
      `code-server@${codeServerVersion} from npm is not the package we know: ${integrity ?? 'no'} digest`,
    );
  }
}

/**
 * Scripts stay off: the package's own post-install wants compilers and a certain Node. npm uses its own lock
 * in neither folder (`npm ci` refuses the one of `lib/vscode`, which is out of step with its manifest).
 */
async function install(folder: string): Promise<void> {
  const common = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--package-lock=true'];
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }));
  await npm(folder, ['install', `code-server@${codeServerVersion}`, ...common, `--prefix=${folder}`]);
  await checkIntegrity(folder);
  const vscode = join(folder, 'node_modules', 'code-server', 'lib', 'vscode');
  await npm(vscode, ['install', ...common, `--prefix=${vscode}`]);
}

/** What an earlier run left when it was killed half-way. A run that is still going on keeps its folder fresh. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(unfinished)) continue;
    const [pid] = name.slice(unfinished.length).split('-');
    try {
      process.kill(Number(pid), 0);
    } catch (error) {
      // EPERM: it runs, as somebody else.
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') {
        await rm(join(cache, name), { recursive: true, force: true });
      }
    }
  }
}

/**
 * The web build of VS Code, installed from npm into `.vscode-test/` the first time and found there later
 * (then no network is needed). A killed installation leaves nothing that could be taken for a whole one.
 *
 * @param say Told once, before the installation begins.
 * @throws {Error} with npm's output if it cannot be installed.
 */
export async function installCodeServer(
  say: (message: string) => void = message => {
    console.log(message);
  },
): Promise<CodeServerFiles> {
  if (!existsSync(home)) {
    say(`Installing code-server ${codeServerVersion} into .vscode-test (once, about 600 MB)`);
    await mkdir(cache, { recursive: true });
    await removeAbandoned();
    const folder = await mkdtemp(join(cache, `${unfinished}${process.pid}-`));
    const forget = cleanAtExit(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    try {
      await install(folder);
      await rename(folder, home);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      // Another process may have been faster; its installation is as good as ours.
      if (!existsSync(home)) throw error;
    } finally {
      forget();
    }
  }
  await placeLogger(home);
  return files(home);
}
