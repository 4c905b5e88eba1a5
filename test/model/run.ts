/**
 * `npm run model -- --minutes N`: new random histories of windows, in turn with a shared storage and with separate
 * ones, until the time is over. Ends with the line `N passed, N failed`, counted in storages. What it finds is made
 * short by hand and kept in scenarios.ts.
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { countLine } from '../runner/count.ts';
import { holdsTogether, storageNames } from './property.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be a positive number');

const end = Date.now() + minutes * 60_000;
const tried = { shared: 0, separate: 0 };
const failed = new Set<string>();
while (Date.now() < end && failed.size < 2) {
  for (const storage of ['shared', 'separate'] as const) {
    const left = end - Date.now();
    if (left <= 0 || failed.has(storage)) continue;
    const details = await fc.check(holdsTogether(storage === 'shared'), {
      numRuns: 500,
      interruptAfterTimeLimit: left,
    });
    tried[storage] += details.numRuns;
    if (!details.failed || details.interrupted) continue;
    failed.add(storage);
    console.log(`\n✗ ${storageNames[storage]} (seed ${details.seed})`);
    console.log(JSON.stringify(details.counterexample?.[0]));
    console.log(details.errorInstance);
  }
}
for (const storage of ['shared', 'separate'] as const)
  console.log(
    `${failed.has(storage) ? '✗' : '✔'} ${storageNames[storage].padEnd(16)} ${tried[storage]} histories`,
  );
console.log(countLine({ passed: 2 - failed.size, failed: failed.size }));
process.exitCode = failed.size > 0 ? 1 : 0;
