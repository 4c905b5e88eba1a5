import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { npmCommand } from '../../editor/install/npm.ts';
import { countLine, notChecked, readCount, readFailures, readSecondRuns, type Count } from '../count.ts';

/** A script of package.json. A suite says itself how many tests passed; anything else passes or fails. */
export interface Step {
  readonly script: string;
  readonly kind: 'check' | 'suite';
  /** What stands after `--`. */
  readonly args?: readonly string[];
}

export const check = (script: string): Step => ({ script, kind: 'check' });
export const suite = (script: string, args: readonly string[] = []): Step => ({
  script,
  kind: 'suite',
  args,
});

export interface Result extends Count {
  readonly script: string;
  readonly seconds: number;
  readonly ok: boolean;
  /** A check could not look; it says why. */
  readonly unchecked: boolean;
  /** What was printed of its failures. */
  readonly failures: string;
  /** What it says of files that needed a second run. */
  readonly secondRuns: readonly string[];
}

const repository = join(import.meta.dirname, '..', '..', '..');

/**
 * Runs a script with the Node that runs us first on its path, and returns its output.
 *
 * @param show is given the output as it comes.
 */
function runScript(
  { script, args = [] }: Step,
  env: NodeJS.ProcessEnv,
  show: (data: Buffer) => void,
): Promise<{ code: number; output: string }> {
  const { command, args: first, shell } = npmCommand();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, 'run', '--silent', script, '--', ...args], {
      cwd: repository,
      shell,
      stdio: ['inherit', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}), ...env },
    });
    let output = '';
    child.stdout?.on('data', (data: Buffer) => {
      output += data.toString();
      show(data);
    });
    child.stderr?.on('data', show);
    child.once('error', reject);
    child.once('close', code => {
      resolve({ code: code ?? 1, output });
    });
  });
}

const heading = (script: string): string => `\n${styleText('bold', `── ${script} `.padEnd(60, '─'))}\n`;

/** @param inOnePiece shows what it prints when it has ended, as something else prints meanwhile. */
async function runStep(step: Step, env: NodeJS.ProcessEnv, inOnePiece: boolean): Promise<Result> {
  const { script, kind } = step;
  const piece: Buffer[] = [];
  const show = (data: Buffer): unknown => (inOnePiece ? piece.push(data) : process.stdout.write(data));
  show(Buffer.from(heading(script)));
  const started = performance.now();
  const { code, output } = await runScript(step, env, show);
  for (const data of piece) process.stdout.write(data);
  const seconds = (performance.now() - started) / 1000;
  const count = (kind === 'suite' ? readCount(output) : undefined) ?? { passed: 0, failed: 0 };
  const unchecked = (output.trim().split('\n').at(-1) ?? '').startsWith(notChecked);
  // A suite that passes nothing, or dies with nothing failed, has failed all the same.
  const ok = code === 0 && count.failed === 0 && (kind === 'check' || unchecked || count.passed > 0);
  const failed = !ok && count.failed === 0 ? 1 : count.failed;
  const failures = ok ? '' : readFailures(output);
  const secondRuns = readSecondRuns(output);
  return { script, seconds, ok, unchecked, passed: count.passed, failed, failures, secondRuns };
}

// Ctrl+C reaches the scripts as well, and they clean up. This process waits for those that run, then ends.
let interrupted = false;
process.on('SIGINT', () => {
  interrupted = true;
});

/**
 * Runs steps in their order, several at a time. What fails does not keep the rest from running.
 *
 * @param lanes how many at a time; with more than one, each shows what it prints when it has ended.
 */
export async function runSteps(
  steps: readonly Step[],
  { lanes = 1, env = {} }: { lanes?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<Result[]> {
  const waiting = steps.map((step, at) => ({ step, at }));
  const results: Result[] = [];
  async function runLane(): Promise<void> {
    for (let next = waiting.shift(); next && !interrupted; next = waiting.shift())
      results[next.at] = await runStep(next.step, env, lanes > 1);
  }
  await Promise.all(Array.from({ length: lanes }, runLane));
  return results.filter(result => result !== undefined);
}

function printTable(results: readonly Result[]): void {
  const row = (cells: readonly [string, string, string, string]) =>
    console.log(
      `${cells[0].padEnd(22)}${cells[1].padStart(8)}${cells[2].padStart(8)}${cells[3].padStart(10)}`,
    );
  console.log('');
  row(['suite', 'passed', 'failed', 'seconds']);
  for (const { script, ok, unchecked, passed, failed, seconds } of results) {
    const isSuite = passed + failed > 0;
    row([
      script,
      isSuite ? String(passed) : unchecked ? '-' : ok ? 'ok' : '',
      isSuite ? String(failed) : '',
      seconds.toFixed(1),
    ]);
  }
}

/** Prints the failures, a table, and a last line `N passed, N failed`; with a failure, the process ends with an error. */
export function report(results: readonly Result[]): void {
  // Once more where they are found: the end of a long output is what is read first, and sometimes all that is kept.
  for (const { script, ok, failures } of results)
    if (!ok) console.log(`${heading(`${script} failed`)}${failures}`);
  printTable(results);
  for (const { script, unchecked } of results)
    if (unchecked) console.log(`${script}: ${notChecked}, see above`);
  for (const line of results.flatMap(({ secondRuns }) => secondRuns)) console.log(line);
  const sum = (of: (result: Result) => number) => results.reduce((total, result) => total + of(result), 0);
  const total = { passed: sum(result => result.passed), failed: sum(result => result.failed) };
  console.log(countLine(total));
  process.exitCode = interrupted || total.failed > 0 ? 1 : 0;
}
