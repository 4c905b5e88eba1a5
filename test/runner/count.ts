import { stripVTControlCharacters } from 'node:util';

/** How a suite ended; a test that was left out counts as neither. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** The last line of every suite, for people and for the program that adds suites up. */
export const countLine = ({ passed, failed }: Count) => `${passed} passed, ${failed} failed`;

/** The last such line in a suite's output. */
export function readCount(output: string): Count | undefined {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return found && { passed: Number(found[1]), failed: Number(found[2]) };
}

/** How a suite names a file of tests that failed beside others. */
export const secondRunLine = (file: string) => `${file} failed once, and passed when it ran alone.`;

/** Those lines in a suite's output. */
export const readSecondRuns = (output: string): string[] =>
  output.split('\n').filter(line => line.endsWith(secondRunLine('')));

/** What a suite says of its failures: from each heading of Mocha to the count; all the end of it if there is none. */
export function readFailures(output: string): string {
  const plain = stripVTControlCharacters(output);
  const found = [...plain.matchAll(/^ *\d+ failing\n[\s\S]*?(?=^\d+ passed, \d+ failed$)/gm)];
  return found.length > 0 ? found.map(([text]) => text.trimEnd()).join('\n') : lastLines(plain, 40);
}

const lastLines = (text: string, count: number): string =>
  text.trimEnd().split('\n').slice(-count).join('\n');

/** The variable that names the file into which tests inside an editor write their count line. */
export const resultVariable = 'HOST_TESTS_RESULT';

/** How a check begins its last line that could not look: it has neither passed nor failed. */
export const notChecked = 'not checked';
