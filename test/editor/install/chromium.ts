import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { createRequire } from 'node:module';
import { chromium, type Browser } from 'playwright-core';
import { run } from '../process/childProcess.ts';

const isRoot = process.getuid?.() === 0;

/** Programs and places by which Chromium, or a browser built on it, is known. */
function candidates(): string[] {
  const { env } = process;
  if (process.platform === 'darwin') {
    return ['/Applications', join(env['HOME'] ?? '/', 'Applications')].flatMap(applications =>
      ['Chromium', 'Google Chrome', 'Microsoft Edge'].map(name =>
        join(applications, `${name}.app`, 'Contents', 'MacOS', name),
      ),
    );
  }
  if (process.platform === 'win32') {
    return [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']]
      .filter(folder => folder !== undefined)
      .flatMap(folder => [
        join(folder, 'Chromium', 'Application', 'chrome.exe'),
        join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
        join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
      ]);
  }
  return [
    ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    ...['microsoft-edge', 'microsoft-edge-stable'],
  ];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === undefined;
  }
}

function onPath(program: string): string | undefined {
  if (isAbsolute(program)) return isExecutable(program) ? program : undefined;
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map(folder => join(folder, program))
    .find(isExecutable);
}

/**
 * Whether it really is a browser: on Ubuntu `chromium-browser` may be a script that only asks for another
 * package. Windows browsers open a window when asked for their version, so there the file is enough.
 */
async function works(file: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  try {
    return /\d+\.\d+/.test(await run(file, ['--version'], { env: process.env }));
  } catch (error) {
    console.log(`${file} does not start: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function installed(): Promise<string | undefined> {
  for (const candidate of [...candidates(), chromium.executablePath()]) {
    const file = onPath(candidate);
    if (file !== undefined && (await works(file))) return file;
  }
  return undefined;
}

/** A way to get a browser: the command as one would type it, and what runs it. */
interface Installation {
  readonly typed: string;
  readonly run: () => Promise<unknown>;
}

function installations(): Installation[] {
  const ways: Installation[] = [];
  if (process.platform === 'linux' && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    ways.push({
      typed: `${isRoot ? '' : 'sudo '}apt-get update && ${isRoot ? '' : 'sudo '}apt-get install -y chromium`,
      async run() {
        if (!isRoot) throw new Error('only root may install packages');
        await run('apt-get', ['update'], { env });
        await run('apt-get', ['install', '-y', 'chromium'], { env });
      },
    });
  }
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  ways.push({
    typed: 'npx playwright-core install chromium',
    run: () => run(process.execPath, [cli, 'install', 'chromium'], { env: process.env }),
  });
  return ways;
}

/**
 * The path of a Chromium, which is installed if the machine has none.
 *
 * `CHROMIUM_PATH` comes first, then the usual names and places, then Debian's package (as root), then
 * Playwright's own download.
 *
 * @throws {Error} that says what was tried, how it failed, and the command to type.
 */
export async function findChromium(): Promise<string> {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Error(`CHROMIUM_PATH names ${named}, which is not a program. Correct or unset it.`);
  }
  const found = await installed();
  if (found !== undefined) return found;

  const ways = installations();
  const failures: string[] = [];
  for (const way of ways) {
    try {
      console.log(`No Chromium on this machine. Trying: ${way.typed}`);
      await way.run();
      const now = await installed();
      if (now !== undefined) return now;
      failures.push(`${way.typed}: it ended well, but there is still no browser that starts.`);
    } catch (error) {
      failures.push(`${way.typed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    [
      ...failures,
      '',
      'These tests need Chromium, and it could not be installed. Type',
      ...ways.map(way => `    ${way.typed}`),
      'or set CHROMIUM_PATH to the program of a Chromium, Chrome or Edge that is already there.',
    ].join('\n'),
  );
}

/** Starts Chromium without a window, unless `headless` is false. */
export async function launchChromium({ headless = true }: { headless?: boolean } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: await findChromium(),
    headless,
    args: [
      // Chromium's sandbox refuses to run as root, as tests in containers do.
      ...(process.platform === 'linux' && isRoot ? ['--no-sandbox'] : []),
      ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
      ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
    ],
  });
}
