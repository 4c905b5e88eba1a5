/**
 * Runs the tests of `test/host` inside an extension host: the editor calls `run` and waits for it.
 *
 * The bundler puts every `*.test.ts` of this folder into the same file; they are loaded only when mocha has
 * put `describe` and `it` in place.
 */
// First: mocha remembers the console it finds when it is loaded.
import '../editor/process/markedOutput.ts';
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import '../editor/process/resolveLocalhost.ts';
import { countLine, resultVariable, type Count } from '../runner/count.ts';
import { mochaOptions } from '../runner/reporter.ts';

/** The tests' names without `.test.ts`; filled in by the bundler. */
declare const TEST_NAMES: readonly string[];

/** What the full name of a test must have in it; filled in by the bundler. */
declare const TEST_GREP: string;

async function load(mocha: Mocha, name: string): Promise<void> {
  mocha.suite.emit('pre-require', globalThis, name, mocha);
  await import(`./${name}.test.ts`);
}

/** Tells the runner outside, which waits for the editor and cannot see the tests themselves. */
function report(count: Count): void {
  const file = process.env[resultVariable];
  if (file !== undefined) writeFileSync(file, countLine(count));
}

/** @throws {Error} if a test fails, or there is none. */
export async function run(): Promise<void> {
  const mocha = new Mocha(mochaOptions).fgrep(TEST_GREP);
  for (const name of TEST_NAMES) await load(mocha, name);
  const { passes = 0, failures = 0 } = await new Promise<Partial<Mocha.Stats>>(resolve => {
    const runner = mocha.run(() => {
      resolve(runner.stats ?? {});
    });
  });
  report({ passed: passes, failed: failures });
  if (failures > 0) throw new Error(`${failures} of the tests in the extension host failed`);
  if (passes === 0) throw new Error('There is no such test in test/host');
}
