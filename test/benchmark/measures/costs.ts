import { execFile, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { CallCost, StartCost } from '../built/costWorker.ts';
import { buildFloors, type Floor } from '../built/floors.ts';
import type { Figure } from '../figures.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
const worker = join(import.meta.dirname, '..', 'built', 'costWorker.ts');
const mainOf = (root: string): string => join(root, 'dist', 'extension.cjs');
const part = 'Cost in processor time of the thread';

/** Starts a built extension in a process of its own. */
async function startCost(main: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [worker, main]);
  return (JSON.parse(stdout) as StartCost).start;
}

/** What a start costs beside the least that it could, each in a process of its own, by turns. */
export async function measureFloors(runs: number): Promise<Figure[]> {
  const { files, remove } = await buildFloors();
  try {
    const samples = Object.fromEntries(Object.keys(files).map(name => [name, [] as number[]]));
    const ours: number[] = [];
    for (let run = 0; run < runs; run++) {
      ours.push(await startCost(mainOf(repository)));
      for (const [name, file] of Object.entries(files)) samples[name]?.push(await startCost(file));
    }
    const beside = (name: string, peer: Floor): Figure => ({
      part,
      name,
      unit: 'ms',
      samples: ours,
      peer: { name: peer, samples: samples[peer] ?? [] },
    });
    return [
      {
        ...beside('load and activate()', 'jose + oauth4webapi alone'),
        aim: { of: 'median', most: 1.8, ratio: true },
      },
      beside('the same', 'one with a null provider'),
      beside('the same', 'an empty extension'),
    ];
  } finally {
    await remove();
  }
}

/** A built extension in a process that says what calls cost whenever it is asked. */
function openWorker(main: string) {
  const child = spawn(process.execPath, [worker, main, 'more'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const line: IteratorResult<string, unknown> = await lines.next();
    if (line.done) throw new Error('The worker ended');
    return JSON.parse(line.value) as unknown;
  };
  return {
    started: next(),
    async cost(): Promise<CallCost> {
      child.stdin.write('\n');
      return (await next()) as CallCost;
    },
    end: () => child.stdin.end(),
  };
}

/**
 * This commit beside another one, by turns in one run.
 *
 * @param worktree of the other commit, where `npm ci` and `npm run build` were run.
 */
export async function measureBeside(worktree: string, runs: number): Promise<Figure[]> {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: worktree, encoding: 'utf8' });
  const roots = [repository, worktree];
  const starts: number[][] = [[], []];
  for (let run = 0; run < runs; run++)
    for (const [at, root] of roots.entries()) starts[at]?.push(await startCost(mainOf(root)));
  const workers = roots.map(root => openWorker(mainOf(root)));
  await Promise.all(workers.map(({ started }) => started));
  const calls: CallCost[][] = [[], []];
  for (let run = 0; run < runs; run++)
    for (const [at, { cost }] of workers.entries()) calls[at]?.push(await cost());
  for (const { end } of workers) end();
  const beside = (name: string, unit: 'ms' | 'µs', of: (at: number) => number[]): Figure => ({
    part: `Cost beside ${commit.trim()}, in processor time of the thread`,
    name,
    unit,
    samples: of(0),
    peer: { name: commit.trim(), samples: of(1) },
    aim: { of: 'median', most: 1.1, ratio: true },
  });
  const call = (what: keyof CallCost) => (at: number) => (calls[at] ?? []).map(cost => cost[what]);
  return [
    beside('load and activate()', 'ms', at => starts[at] ?? []),
    beside('getSessions of one scope set', 'µs', call('answer')),
    beside('getSessions that waits for a refresh', 'µs', call('refresh')),
  ];
}
