/**
 * Takes the place of the desktop program for `@vscode/test-electron`: runs extension tests in VS Code's server
 * with its workbench in headless Chromium.
 *
 *     node launcher.ts [folder] --extensionDevelopmentPath=… --extensionTestsPath=…
 *                      [--install-extension=file.vsix]… [--user-settings=file.json]
 *
 * Prints what the tests print, and ends with their exit code. Its environment reaches the extension host.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { format, parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { launchChromium } from './install/chromium.ts';
import { startTestServer, type EditorServer } from './codeServer.ts';
import { markVariable } from './process/markedOutput.ts';
import { showDialogsInTests } from './outside/dialogsInTests.ts';
import { startOutside } from './outside/outside.ts';
import { outsideVariable } from './outside/outsideAddress.ts';

import { readCount } from '../runner/count.ts';

/** Nothing heard from the tests for so long (in milliseconds) means that they will never end. */
const silenceLimit = 5 * 60_000;

const { values, positionals } = parseArgs({
  // The desktop program's switches (`--no-sandbox` and so on) mean nothing here.
  strict: false,
  allowPositionals: true,
  options: {
    extensionDevelopmentPath: { type: 'string' },
    extensionTestsPath: { type: 'string' },
    'install-extension': { type: 'string', multiple: true },
    'user-settings': { type: 'string' },
  },
});

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new Error(`--${name}=<path> is missing`);
  return value;
}

/** Nobody prints this by chance. */
const mark = `${randomUUID()} `;

/** Prints what the tests print and keeps what the workbench prints, which is only of use when no test ran. */
function outputOf(tests: { reported: boolean; readonly others: string[] }) {
  return (type: string, args: readonly unknown[]) => {
    const [first] = args;
    if (typeof first !== 'string' || !first.startsWith(mark)) {
      tests.others.push(format(...args));
      return;
    }
    const text = first.slice(mark.length);
    if (readCount(text)) tests.reported = true;
    const stream = type === 'error' || type === 'warn' ? process.stderr : process.stdout;
    stream.write(`${text}\n`);
  };
}

/** Opens the window that runs the tests and resolves with their exit code. */
function runTests(page: Page, server: EditorServer, folder: string | undefined): Promise<number> {
  const { host } = new URL(server.origin);
  const remote = (path: string) =>
    `vscode-remote://${host}${decodeURIComponent(pathToFileURL(path).pathname)}`;
  const url = server.url({
    ...(folder === undefined ? {} : { folder }),
    payload: [
      ['extensionDevelopmentPath', remote(text(values.extensionDevelopmentPath, 'extensionDevelopmentPath'))],
      ['extensionTestsPath', remote(text(values.extensionTestsPath, 'extensionTestsPath'))],
    ],
  });

  return new Promise<number>((resolve, reject) => {
    const tests = { reported: false, others: [] as string[] };
    const print = outputOf(tests);
    const settle = (why: string | undefined, code = 1) => {
      clearTimeout(timer);
      if (why === undefined) {
        resolve(code);
        return;
      }
      const others = tests.others.join('\n');
      reject(new Error(`${why}\nThe window printed:\n${others}\nThe server printed:\n${server.output()}`));
    };
    const stuck = () => {
      settle(`The tests said nothing for ${silenceLimit / 60_000} minutes.`);
    };
    const timer = setTimeout(stuck, silenceLimit);
    page.on('crash', () => {
      settle('The window crashed.');
    });
    const open = async () => {
      await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
        timer.refresh();
        print(type, args);
      });
      await page.exposeFunction('codeAutomationExit', (code: number) => {
        settle(tests.reported ? undefined : 'No test reported a result.', code);
      });
      await page.goto(url);
    };
    open().catch((error: unknown) => {
      settle(String(error));
    });
  });
}

// When whoever started us is gone, so is the other end of this pipe: nobody waits for the tests any more.
process.stdin.on('end', () => process.exit(1)).resume();

const settingsFile = values['user-settings'];
const settings =
  typeof settingsFile === 'string'
    ? (JSON.parse(await readFile(settingsFile, 'utf8')) as Record<string, unknown>)
    : {};
const extensions = (values['install-extension'] ?? []) as string[];
const outside = await startOutside();
const env = { [markVariable]: mark, [outsideVariable]: outside.address };
const server = await startTestServer({ settings, extensions, env });
let code = 1;
try {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await showDialogsInTests(page);
    outside.watch(page, server);
    code = await runTests(page, server, positionals[0]);
  } finally {
    await browser.close();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
} finally {
  await server.close();
  await outside.close();
}
process.stdin.pause().destroy();
process.exitCode = code;
