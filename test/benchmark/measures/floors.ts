import { buildFloors, type Floor } from '../built/floors.ts';
import type { Figure } from '../figures.ts';
import { mainOf, repository, startCost } from './costs.ts';
import { start } from './starting.ts';

const part = 'Cost in processor time of the thread';

/** What a start costs beside the least that it could, each in a process of its own, by turns. */
export async function measureFloors(runs: number): Promise<Figure[]> {
  const { files, remove } = await buildFloors();
  try {
    const samples = Object.fromEntries(Object.keys(files).map(name => [name, [] as number[]]));
    const ours: number[] = [];
    const loads: number[] = [];
    const answers: number[] = [];
    for (let run = 0; run < runs; run++) {
      ours.push(await startCost(mainOf(repository)));
      const { load, activate, firstAnswer } = await start(1);
      loads.push(load);
      answers.push(load + activate + firstAnswer);
      for (const [name, file] of Object.entries(files)) samples[name]?.push(await startCost(file));
    }
    const beside = (name: string, peer: Floor, found = ours): Figure => ({
      part,
      name,
      unit: 'ms',
      samples: found,
      peer: { name: peer, samples: samples[peer] ?? [], isPaired: true },
    });
    return [
      {
        ...beside('load and activate()', 'jose + oauth4webapi alone'),
        aim: { of: 'median', most: 1.8, ratio: true },
        summary: 'load and activate(), processor time',
      },
      {
        ...beside('of that, loading the code', 'jose + oauth4webapi alone', loads),
        aim: { of: 'median', most: 1.5, ratio: true },
      },
      beside('load and activate()', 'one with a null provider'),
      beside('the same', 'an empty extension'),
      {
        ...beside('from activation to a first session, with 1 grant', 'one with a null provider', answers),
        summary: 'from activation to a first session, processor time',
      },
    ];
  } finally {
    await remove();
  }
}
