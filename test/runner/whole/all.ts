/**
 * `npm test`: everything, each with its time. What fails does not keep the rest from running.
 * `npm test -- <file or folder>… --grep <text>`: some of the tests, of whichever suites they are.
 * Ends with a table and a last line `N passed, N failed`.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { builtEnvironment } from '../../editor/packages/packageExtension.ts';
import { failSelection, filesOf, nothingHas, readSelection } from '../selection.ts';
import { first, last, sideBySide } from './plan.ts';
import { report, runSteps, suite, type Result, type Step } from './steps.ts';
import { suiteOf } from '../suites.ts';

async function runAll(): Promise<Result[]> {
  return [
    ...(await runSteps(first)),
    ...(await runSteps(sideBySide, { lanes: Math.min(2, availableParallelism()), env: builtEnvironment })),
    ...(await runSteps(last, { env: builtEnvironment })),
  ];
}

/** The steps that run the chosen tests, each by its own suite. */
function chosenSteps(args: readonly string[]): Step[] {
  const selection = readSelection(args);
  const { grep } = selection;
  const files = grep === undefined ? filesOf(selection) : filesWith(grep, filesOf(selection));
  if (grep !== undefined && files.length === 0) throw new Error(nothingHas(grep));
  const bySuite = Map.groupBy(files, file => suiteOf(file)?.script);
  return [...bySuite].map(([script, chosen]) => {
    if (script === undefined) throw new Error(`No suite runs ${chosen.join(', ')}.`);
    return suite(script, [...chosen, ...(grep === undefined ? [] : ['--grep', grep])]);
  });
}

/** Those of the files that have a test with the text in its full name; another process loads them to see. */
function filesWith(text: string, files: readonly string[]): string[] {
  const matching = join(import.meta.dirname, '..', 'matching.ts');
  const printed = execFileSync(process.execPath, [matching, text, ...files], { encoding: 'utf8' });
  return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as string[];
}

async function runChosen(args: readonly string[]): Promise<Result[]> {
  try {
    return await runSteps(chosenSteps(args));
  } catch (error) {
    return failSelection(error);
  }
}

const args = process.argv.slice(2);
report(await (args.length === 0 ? runAll() : runChosen(args)));
