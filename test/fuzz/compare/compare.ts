import { execFile } from 'node:child_process';
import { cp, mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deserialize } from 'node:v8';
import fc from 'fast-check';
import type { Side, Task } from './side.ts';

const run = promisify(execFile);
const repository = new URL('../../../', import.meta.url).pathname;
const sideFile = 'test/fuzz/compare/side.ts';
/** For one target and one round: both commits see them while the tokens in them are valid. */
const runs = 300;

interface Counts {
  inputs: number;
  both: number;
  neither: number;
  onlyNow: number;
  onlyThen: number;
  /** What must hold for every input, and does not in this commit. */
  broken: number;
}

export interface Comparison {
  /** By target. */
  readonly counts: Map<string, Counts>;
  /** What is believed only now, by target and by the reason for which the other commit refused it. */
  readonly newlyBelieved: Map<string, { count: number; readonly example: string }>;
}

export const noComparison = (): Comparison => ({ counts: new Map(), newlyBelieved: new Map() });

/**
 * Gives the same inputs to another commit and to this one, until the time is over, and prints how many each believed.
 *
 * @returns false if something that must hold for every input does not hold here.
 */
export async function compareWith(
  commit: string,
  minutes: number,
  names: readonly string[],
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-compare-'));
  const then = join(folder, 'then');
  await run('git', ['worktree', 'add', '--detach', then, commit], { cwd: repository });
  try {
    await run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], {
      cwd: then,
    });
    // The other commit's own targets, with ears.
    await mkdir(join(then, 'test/fuzz/compare'), { recursive: true });
    for (const file of [sideFile, 'test/fuzz/target.ts']) await cp(join(repository, file), join(then, file));
    const comparison = noComparison();
    const end = Date.now() + minutes * 60_000;
    do await addRound(comparison, then, folder, names);
    while (Date.now() < end);
    print(comparison);
    return [...comparison.counts.values()].every(({ broken }) => broken === 0);
  } finally {
    await run('git', ['worktree', 'remove', '--force', then], { cwd: repository });
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Gives one set of inputs to both commits.
 *
 * @param then where the other commit is.
 * @param folder for what the two write.
 */
export async function addRound(
  comparison: Comparison,
  then: string,
  folder: string,
  names: readonly string[],
  seed = Math.floor(Math.random() * 0x7fff_ffff),
): Promise<void> {
  const task = { names, seed, runs };
  const [inputs, out] = [join(folder, 'now'), join(folder, 'then.out')];
  const ours = await sideOf(repository, { ...task, out: inputs });
  addSides(comparison, ours, await sideOf(then, { ...task, inputs, out }));
}

async function sideOf(cwd: string, task: Task): Promise<Side> {
  const file = join(cwd, sideFile);
  await run(process.execPath, [file, JSON.stringify(task)], { cwd, maxBuffer: 64 * 1024 ** 2 });
  return deserialize(await readFile(task.out)) as Side;
}

export function addSides({ counts, newlyBelieved }: Comparison, ours: Side, theirs: Side): void {
  for (const [name, { inputs, outcomes }] of Object.entries(ours.tried)) {
    const count = counts.get(name) ?? { inputs: 0, both: 0, neither: 0, onlyNow: 0, onlyThen: 0, broken: 0 };
    counts.set(name, count);
    for (const [at, { believed, broken }] of outcomes.entries()) {
      const other = theirs.tried[name]?.outcomes[at];
      if (!other) continue;
      count.inputs++;
      if (broken !== undefined && count.broken++ === 0)
        console.log(`✗ ${name}: ${broken}\n  ${exampleOf(inputs[at])}`);
      count[believed ? (other.believed ? 'both' : 'onlyNow') : other.believed ? 'onlyThen' : 'neither']++;
      if (!believed || other.believed) continue;
      const key = `${name}\n    refused: ${other.reason ?? other.broken ?? 'without a failure'}`;
      const group = newlyBelieved.get(key) ?? { count: 0, example: exampleOf(inputs[at]) };
      group.count++;
      newlyBelieved.set(key, group);
    }
  }
}

const exampleOf = (input: Uint8Array | undefined): string =>
  input ? fc.stringify(deserialize(input)).slice(0, 600) : '';

function print({ counts, newlyBelieved }: Comparison): void {
  console.table(Object.fromEntries(counts));
  console.log('\nBelieved now and refused there, by the reason:');
  for (const [key, { count, example }] of [...newlyBelieved].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`\n${key}\n    ${count} inputs, such as ${example}`);
}
