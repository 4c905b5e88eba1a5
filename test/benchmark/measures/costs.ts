import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { StartCost } from '../built/costWorker.ts';
import { buildFloors, type Floor } from '../built/floors.ts';
import type { Figure } from '../figures.ts';

export const repository = join(import.meta.dirname, '..', '..', '..');
export const worker = join(import.meta.dirname, '..', 'built', 'costWorker.ts');
export const mainOf = (root: string): string => join(root, 'dist', 'extension.cjs');
const part = 'Cost in processor time of the thread';

/** Starts a built extension in a process of its own. */
export async function startCost(main: string): Promise<number> {
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
