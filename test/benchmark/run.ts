/**
 * `npm run benchmark`: measures the extension beside its peers and prints the figures as a table.
 *
 * - `--quick`: the figures that are counts, and the times that come with them, in under a minute and without an
 *   editor. It ends with the line `N passed, N failed`: `npm test` runs it.
 * - `--json <file>`: writes every figure with all its samples.
 * - `--readme`: replaces the table in README.md, and the one with all figures in docs/speed.md.
 * - `--beside <worktree>`: only what can be measured in that worktree of another commit too, by turns.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import '../editor/process/resolveLocalhost.ts';
import { countLine } from '../runner/count.ts';
import { measureAnswering } from './measures/answering.ts';
import { besideMeasures } from './beside/beside.ts';
import { measureBytes } from './measures/bytes.ts';
import { measureCodeExchange } from './measures/codeExchange.ts';
import { measureFloors } from './measures/floors.ts';
import { isMet, ratio, statistics, type Figure } from './figures.ts';
import { measureIdling } from './measures/idle.ts';
import { measureInEditor } from './measures/inEditor.ts';
import { service, writeTables } from './readme.ts';
import { measureRefreshing } from './measures/refreshing.ts';
import { measureStarting } from './measures/starting.ts';
import { markdownTable } from './table.ts';
import { measureTerminals } from './measures/terminals.ts';
import { measureWindows } from './measures/windows.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    json: { type: 'string' },
    readme: { type: 'boolean' },
    beside: { type: 'string' },
  },
});
const { quick = false, beside } = values;

/** The parts, in the order of the table. What only some of them need is loaded by them. */
const all: readonly (() => Promise<Figure[]>)[] = [
  () => measureBytes(),
  ...(quick ? [] : [() => measureInEditor(6, 200)]),
  () => measureAnswering(quick ? 5 : 50, quick ? [1, 1000] : [1, 10, 100, 1000, 10_000]),
  () => measureStarting(quick ? 1 : 5),
  () => measureFloors(quick ? 1 : 15),
  () => measureWindows(quick ? [2] : [1, 2, 4, 8], quick ? 1 : 3),
  () => measureCodeExchange(quick ? 5 : 150),
  () => measureIdling(),
  () => measureTerminals(quick ? 5 : 30),
  () => measureRefreshing(quick ? 1000 : 10_000),
];

const parts = beside === undefined ? all : besideMeasures(beside, quick ? 3 : 15);

const figures: Figure[] = [];
for (const measure of parts) {
  const found = await measure();
  figures.push(...found);
  console.log(markdownTable(found), '\n');
}
const certain = figures.filter(({ aim }) => aim?.isCertain);
const missed = certain.filter(figure => isMet(figure) !== true);
for (const { part, name } of missed) console.log(`Missed: ${part}: ${name}`);
if (values.json !== undefined) {
  const all = figures.map(figure => ({
    ...figure,
    ...statistics(figure.samples),
    ratio: ratio(figure),
    met: isMet(figure),
  }));
  await writeFile(values.json, `${JSON.stringify({ ...service(), figures: all }, null, 2)}\n`);
}
if (values.readme === true) await writeTables(figures);
console.log(countLine({ passed: certain.length - missed.length, failed: missed.length }));
process.exitCode = missed.length > 0 ? 1 : 0;
