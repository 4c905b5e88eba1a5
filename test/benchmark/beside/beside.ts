import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { statistics, type Figure } from '../figures.ts';
import { repository } from '../measures/costs.ts';
import { separately, type Found, type Measure } from './measure.ts';
import { bytes, calls, signIns, starts } from './processes.ts';
import { slowWindows, windows } from './windows.ts';

/** What a commit finds with its own benchmark: counts and memory, which no other process disturbs. */
const own = (file: string, name: string, ...given: readonly number[]): Measure => ({
  part: 'As each commit measures itself',
  most: 1,
  open: separately(async root => {
    const [path = ''] = globSync([`test/benchmark/measures/${file}.ts`, `test/benchmark/${file}.ts`], {
      cwd: root,
    });
    type Own = Readonly<Record<string, (...given: readonly number[]) => Promise<Figure[]>>>;
    const module = (await import(join(root, path))) as Own;
    return { run: async () => (await module[name]?.(...given)) ?? [] };
  }),
});

const all: readonly Measure[] = [
  bytes,
  starts,
  calls('1'),
  calls('1000'),
  signIns,
  ...[1, 2, 4, 8].map(windows),
  slowWindows(8),
  own('idle', 'measureIdling'),
  own('refreshing', 'measureRefreshing', 10_000),
];

/**
 * This commit beside another one, by turns in one run: each figure of the benchmark that both have, except those of a
 * real editor.
 *
 * @param worktree of the other commit, where `npm ci` and `npm run build` were run.
 */
export const besideMeasures = (worktree: string, runs: number): readonly (() => Promise<Figure[]>)[] => {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: worktree, encoding: 'utf8' });
  return all.map(({ part, most = runs, times = 1, openings = 1, open }) => async () => {
    const samples = [new Map<string, Found>(), new Map<string, Found>()] as const;
    for (let opening = 0; opening < openings; opening++) {
      const opened = await open([repository, worktree], opening);
      for (let run = 0; run < (Math.min(runs, most) * times) / openings; run++)
        for (const at of run % 2 ? ([1, 0] as const) : ([0, 1] as const))
          for (const one of await opened[at].run()) {
            const before = samples[at].get(one.name)?.samples ?? [];
            samples[at].set(one.name, { ...one, samples: [...before, ...one.samples] });
          }
      for (const { close } of opened) await close?.();
    }
    const [ours, theirs] = samples;
    return [...ours.values()].flatMap(({ name, unit, samples }): Figure[] => {
      const peer = theirs.get(name);
      if (!peer) return [];
      const figure = {
        part,
        name,
        unit,
        samples,
        peer: { name: commit.trim(), samples: peer.samples, isPaired: peer.samples.every(one => one > 0) },
      };
      // Nothing is a multiple of nothing, or of a heap that shrinks.
      return [{ ...figure, ...(statistics(peer.samples).median > 0 && { aim }) }];
    });
  });
};

/** Not worse; a tenth is what the same commit differs from itself. */
const aim = { of: 'median', most: 1.1, ratio: true } as const;
