/**
 * `npm run fuzz -- --minutes N`: new random inputs for every target in turn, until the time is over.
 * `--compare <commit>`: gives the same inputs to that commit, and shows what is believed now and was refused there.
 * Ends with the line `N passed, N failed`, counted in targets. What it finds is to be kept in regressions.ts.
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { compareWith } from './compare/compare.ts';
import { regressions } from './regressions.ts';
import { targets } from './targets.ts';

/** The most memory that may be in use after any round, in bytes. */
const memoryLimit = 512 * 1024 ** 2;

/** What is in use, and not what is yet to be collected: that depends on how busy the computer is. In bytes. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    target: { type: 'string' },
    compare: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be a positive number');
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0)
  throw new Error(`There is no such target. There are: ${targets.map(({ name }) => name).join(', ')}`);

if (values.compare !== undefined)
  process.exit(
    (await compareWith(
      values.compare,
      minutes,
      chosen.map(({ name }) => name),
    ))
      ? 0
      : 1,
  );

const end = Date.now() + minutes * 60_000;
const tried = new Map<string, number>();
const failed = new Set<string>();
let round = 0;
while (Date.now() < end) {
  round++;
  for (const { name, start } of chosen) {
    const left = end - Date.now();
    if (left <= 0 || failed.has(name)) continue;
    const { property, close } = await start();
    const seed = Math.floor(Math.random() * 0x7fff_ffff);
    const examples = round === 1 ? (regressions[name] ?? []).map((input): [unknown] => [input]) : [];
    const details = await fc.check(property, { seed, numRuns: 500, examples, interruptAfterTimeLimit: left });
    await close();
    tried.set(name, (tried.get(name) ?? 0) + details.numRuns);
    const used = memoryInUse();
    if (details.failed && !details.interrupted) {
      failed.add(name);
      console.log(`\n✗ ${name} (seed ${seed}, path ${details.counterexamplePath ?? ''})`);
      console.log(`  '${name}': [${fc.stringify(details.counterexample?.[0])}],`);
      console.log(details.errorInstance);
    } else if (used > memoryLimit) {
      failed.add(name);
      console.log(`\n✗ ${name} (seed ${seed}): ${Math.round(used / 1024 ** 2)} MiB in use`);
    }
  }
}

for (const { name } of chosen) {
  console.log(`${failed.has(name) ? '✗' : '✔'} ${name.padEnd(24)} ${tried.get(name) ?? 0} inputs`);
}
console.log(`${chosen.length - failed.size} passed, ${failed.size} failed`);
process.exit(failed.size > 0 ? 1 : 0);
