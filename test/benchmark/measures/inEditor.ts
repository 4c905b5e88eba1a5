import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { build } from 'esbuild';
import { findChromium } from '../../editor/install/chromium.ts';
import { packageExtension } from '../../editor/packages/packageExtension.ts';
import { writeSettings } from '../../runner/host/hostTests.ts';
import { temporaryFolder } from '../../editor/process/temporaryFolder.ts';
import type { EditorResult, Started } from '../editor/result.ts';
import type { Figure } from '../figures.ts';

const repository = join(import.meta.dirname, '..', '..', '..');

/**
 * Our extension with everything that is in its package, except that it waits to be activated: the benchmark does
 * that for it and its peers alike.
 */
async function packagePatient(folder: string): Promise<string> {
  await packageExtension();
  const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as object;
  const patient = { ...manifest, activationEvents: ['onUri'] };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(patient));
  for (const file of [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    '.vscodeignore',
    'media',
    'package.nls.json',
    'l10n',
  ]) {
    await cp(join(repository, file), join(folder, file), { recursive: true, force: true }).catch(missing);
  }
  for (const file of ['extension.cjs', 'parts', 'THIRD-PARTY-NOTICES.txt']) {
    await cp(join(repository, 'dist', file), join(folder, 'dist', file), { recursive: true });
  }
  const packagePath = join(folder, 'patient.vsix');
  await createVSIX({
    cwd: folder,
    packagePath,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
  return packagePath;
}

/** Not every file of a package has to be there. */
function missing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function buildPeer(folder: string): Promise<void> {
  const source = join(import.meta.dirname, '..', 'editor');
  await mkdir(folder, { recursive: true });
  await cp(join(source, 'package.json'), join(folder, 'package.json'));
  await build({
    entryPoints: { peer: join(source, 'peer.ts'), index: join(source, 'index.ts') },
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    external: ['vscode', 'mocha', 'esbuild', 'playwright-core', '@vscode/*'],
    logLevel: 'warning',
    logOverride: { 'empty-import-meta': 'silent', 'empty-glob': 'silent' },
  });
}

/** Starts the editor once, with nothing of an earlier start. */
async function startEditor(
  peer: string,
  vsix: string,
  [turn, rounds]: readonly [number, number],
): Promise<EditorResult> {
  const folder = await temporaryFolder('benchmark');
  try {
    const result = join(folder.path, 'result.json');
    const settings = await writeSettings(folder.path, { 'chat.disableAIFeatures': true });
    const launcher = join(repository, 'test', 'editor', 'launcher.ts');
    const child = spawn(
      process.execPath,
      [
        launcher,
        `--extensionDevelopmentPath=${peer}`,
        `--extensionTestsPath=${join(peer, 'index.cjs')}`,
        `--install-extension=${vsix}`,
        `--user-settings=${settings}`,
      ],
      {
        stdio: ['pipe', 'ignore', 'inherit'],
        env: {
          ...process.env,
          CHROMIUM_PATH: await findChromium(),
          BENCHMARK_RESULT: result,
          BENCHMARK_TURN: String(turn),
          BENCHMARK_ROUNDS: String(rounds),
        },
      },
    );
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`The editor ended with ${code}`);
    return JSON.parse(await readFile(result, 'utf8')) as EditorResult;
  } finally {
    await folder.remove();
  }
}

/** What a consumer extension sees in a real editor. */
export async function measureInEditor(starts: number, rounds: number): Promise<Figure[]> {
  const folder = await temporaryFolder('benchmark-build');
  try {
    const peer = join(folder.path, 'peer');
    await buildPeer(peer);
    const vsix = await packagePatient(join(folder.path, 'patient'));
    const results: EditorResult[] = [];
    for (let turn = 0; turn < starts; turn++) {
      results.push(await startEditor(peer, vsix, [turn, turn === 0 ? rounds : 0]));
    }
    return [...startFigures(results), ...answerFigures(results)];
  } finally {
    await folder.remove();
  }
}

function startFigures(results: readonly EditorResult[]): Figure[] {
  type What = (started: Started) => number | undefined;
  const of = (name: keyof EditorResult['started'], what: What): number[] =>
    results.flatMap(({ started }) => (started[name] && what(started[name])) ?? []);
  const whole: What = ({ load, activate }) => load + activate;
  const part = 'Start in the editor, by its own record';
  const beside = (name: string, peer: 'github' | 'microsoft', what: What): Figure => ({
    part,
    name,
    unit: 'ms',
    samples: of('ours', what),
    peer: { name: `${peer}-authentication`, samples: of(peer, what), isPaired: what === whole },
  });
  return [
    {
      ...beside('load and activate()', 'github', whole),
      aim: { of: 'median', most: 0.15, ratio: true },
      summary: 'the same in the editor, by its own record',
    },
    { part, name: 'the same', unit: 'ms', samples: of('ours', whole), aim: { of: 'median', most: 5 } },
    beside('the same', 'microsoft', whole),
    beside('of that, loading the code', 'github', ({ load }) => load),
    beside('of that, activate()', 'github', ({ activate }) => activate),
    {
      ...beside('heap that it adds', 'microsoft', ({ heap }) => heap),
      unit: 'MB',
    },
  ];
}

function answerFigures(results: readonly EditorResult[]): Figure[] {
  const answers = results.find(({ answers }) => answers)?.answers;
  if (!answers) return [];
  const part = 'getSession with a valid token, silent, as a consumer sees it';
  const { ours: samples, constant, github } = answers;
  return [
    {
      part,
      name: 'oidc',
      unit: 'ms',
      samples,
      peer: { name: 'a provider that returns a constant', samples: constant },
      aim: { of: 'median', most: 1.05, ratio: true },
    },
    { part, name: 'oidc', unit: 'ms', samples, peer: { name: 'github, signed out', samples: github } },
  ];
}
