/**
 * `npm run test:e2e`: runs each file of some folders in a process of its own, several at a time:
 * `node test/runner/sideBySide.ts <folder>… [<file>…] [--grep <text>]`.
 *
 * Every file has an editor, a browser and servers of its own on ports that the system chooses, and spends most of
 * its time waiting for them. What a file prints appears in one piece when it is over, and how long it took. Ends with
 * the line `N passed, N failed`.
 *
 * An editor and a browser share a computer with whatever else runs on it. So a file that fails runs once more, alone,
 * after the others, and that run counts. Both are printed, and the file is named at the end; more than
 * {@link secondRuns} such files are no accident, and fail.
 */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findChromium } from '../editor/install/chromium.ts';
import { installCodeServer } from '../editor/install/codeServerInstall.ts';
import { cleanAtExit } from '../editor/process/leftovers.ts';
import { packageAll, packagesVariable } from '../editor/packages/packages.ts';
import { countLine, readCount, secondRunLine, type Count } from './count.ts';
import { patientFiles } from './patientFiles.ts';
import { chosenTests } from './selection.ts';

const repository = join(import.meta.dirname, '..', '..');
const suite = join(import.meta.dirname, 'suite.ts');

/**
 * An editor with its browser keeps more than one processor busy while it starts; more at a time take no less. Beside
 * them runs one file that mostly waits.
 */
const atATime = Math.min(4, availableParallelism());

/** So many files of a run may need a second one. */
const secondRuns = 2;

/** A file that dies, or says nothing of itself, has failed. */
function runFile(file: string, prepared: NodeJS.ProcessEnv): Promise<Count> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [suite, file, ...(grep === undefined ? [] : ['--grep', grep])], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...prepared, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
    });
    // It ends what it has started in its turn.
    const forget = cleanAtExit(() => child.kill());
    const printed: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => printed.push(data));
    child.stderr.on('data', (data: Buffer) => printed.push(data));
    child.once('error', reject);
    child.once('close', code => {
      forget();
      const output = Buffer.concat(printed).toString();
      console.log(output);
      const count = readCount(output) ?? { passed: 0, failed: 0 };
      console.log(`${file} took ${((performance.now() - started) / 1000).toFixed(1)} s`);
      const silent = count.failed === 0 && (code !== 0 || count.passed === 0);
      if (silent) console.log(`${file} ended with ${code ?? 'a signal'} and no failed test`);
      resolve(silent ? { ...count, failed: 1 } : count);
    });
  });
}

const { files: chosen, grep } = chosenTests(process.argv.slice(2));

const isPatient = (file: string): boolean => patientFiles.includes(file);

// Those with most to do come first, so that none of them is left to run alone at the end.
const weights = new Map(chosen.map(file => [file, statSync(join(repository, file)).size]));
const waiting = [
  ...patientFiles.filter(file => chosen.includes(file)),
  ...chosen
    .filter(file => !isPatient(file))
    .sort((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0) || (a < b ? -1 : 1)),
];

// What may take a while the first time, and what all files share.
await installCodeServer();
const prepared = {
  // Each file starts a dozen Nodes, most of them on the same code.
  NODE_COMPILE_CACHE: join(repository, 'dist', 'test', 'compile-cache'),
  CHROMIUM_PATH: await findChromium(),
  [packagesVariable]: JSON.stringify(await packageAll()),
};

const counts = new Map<string, Count>();
/** Takes the files of its own kind first, and then helps with the others. */
async function runLane(prefers: (file: string) => boolean): Promise<void> {
  while (waiting.length > 0) {
    const [file = ''] = waiting.splice(Math.max(waiting.findIndex(prefers), 0), 1);
    counts.set(file, await runFile(file, prepared));
  }
}
const busyLanes = Array.from({ length: atATime }, () => runLane(file => !isPatient(file)));
await Promise.all([runLane(isPatient), ...busyLanes]);

const failedOnce = [...counts].filter(([, { failed }]) => failed > 0).map(([file]) => file);
if (chosen.length > 1 && failedOnce.length <= secondRuns)
  for (const file of failedOnce) {
    console.log(`${file} failed, and runs once more, alone.`);
    const again = await runFile(file, prepared);
    counts.set(file, again);
    console.log(again.failed > 0 ? `${file} failed twice.` : secondRunLine(file));
  }

const sum = (of: (count: Count) => number) => [...counts.values()].reduce((all, count) => all + of(count), 0);
const total = { passed: sum(({ passed }) => passed), failed: sum(({ failed }) => failed) };
console.log(countLine(total));
process.exitCode = total.failed > 0 ? 1 : 0;
