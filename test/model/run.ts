/**
 * `npm run model -- --minutes N`: new random histories of windows, in turn with a shared storage and with separate
 * ones, and of a grant alone, until the time is over. Ends with the line `N passed, N failed`, counted in kinds. What
 * it finds is made short by hand and kept in scenarios.ts.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { countLine } from '../runner/count.ts';
import { liveMany } from './fateModel.ts';
import { holdsTogether, storageNames } from './property.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be a positive number');

const end = Date.now() + minutes * 60_000;
const names = { ...storageNames, alone: 'steps alone' } as const;
const tried = { shared: 0, separate: 0, alone: 0 };
const failed = new Set<string>();

async function tryWindows(storage: 'shared' | 'separate', left: number): Promise<void> {
  const details = await fc.check(holdsTogether(storage === 'shared'), {
    numRuns: 500,
    interruptAfterTimeLimit: left,
  });
  tried[storage] += details.numRuns;
  if (!details.failed || details.interrupted) return;
  failed.add(storage);
  console.log(`\n✗ ${names[storage]} (seed ${details.seed})`);
  console.log(JSON.stringify(details.counterexample?.[0]));
  console.log(details.errorInstance);
}

function trySteps(): void {
  const histories = 50_000;
  const found = liveMany(randomInt(2 ** 32 - histories), histories);
  tried.alone += histories;
  if (!found) return;
  failed.add('alone');
  console.log(`\n✗ ${names.alone} (seed ${found.seed}): ${found.wrong.join('; ')}`);
}

while (Date.now() < end && failed.size < 3) {
  for (const kind of ['shared', 'separate', 'alone'] as const) {
    const left = end - Date.now();
    if (left <= 0 || failed.has(kind)) continue;
    if (kind === 'alone') trySteps();
    else await tryWindows(kind, left);
  }
}
for (const kind of ['shared', 'separate', 'alone'] as const)
  console.log(`${failed.has(kind) ? '✗' : '✔'} ${names[kind].padEnd(16)} ${tried[kind]} histories`);
console.log(countLine({ passed: 3 - failed.size, failed: failed.size }));
process.exitCode = failed.size > 0 ? 1 : 0;
