import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { count, type Figure } from '../figures.ts';
import { mainOf, repository } from './costs.ts';
import type { Start } from './startWorker.ts';

const part = 'Start with grants stored';

/** Starts a built extension in a process of its own. */
export async function start(grants: number, main = mainOf(repository)): Promise<Start> {
  const worker = join(import.meta.dirname, 'startWorker.ts');
  const parameters = ['--expose-gc', worker, main, String(grants)];
  const { stdout } = await promisify(execFile)(process.execPath, parameters);
  return JSON.parse(stdout) as Start;
}

export async function measureStarting(runs: number): Promise<Figure[]> {
  const one: Start[] = [];
  const thousand: Start[] = [];
  for (let run = 0; run < runs; run++) {
    one.push(await start(1));
    thousand.push(await start(1000));
  }
  const [first] = thousand;
  const [single] = one;
  if (!first || !single) return [];
  const beside = (name: string, of: (start: Start) => number): Figure => ({
    part,
    name,
    unit: 'ms',
    samples: thousand.map(of),
    peer: { name: 'with 1', samples: one.map(of) },
  });
  return [
    count(part, 'secrets read by activate(), with 1,000 grants', first.readsAtActivation, 0),
    count(part, 'grants read until the first question', first.readsAtRest, 0),
    count(part, 'grants read by the first getSessions(undefined), with 1,000', first.readsForAnswer, 1000),
    count(part, 'grants read again by the next ten calls', first.readsForMore, 0),
    {
      ...count(
        part,
        'secrets read from activation to a first session, with 1 grant',
        single.readsUntilAnswer,
        2,
      ),
      summary: 'secrets read from activation to a first session',
    },
    beside('load and activate(), with 1,000 grants, processor time', ({ load, activate }) => load + activate),
    {
      ...beside('meeting the other windows after it, in the background', ({ meeting }) => meeting),
      samples: one.map(({ meeting }) => meeting),
      peer: { name: 'load and activate()', samples: one.map(({ load, activate }) => load + activate) },
      summary: 'after activate(), in the background, processor time',
    },
    {
      ...beside(
        'the first getSessions(undefined) after it, processor time',
        ({ firstAnswer }) => firstAnswer,
      ),
      aim: { of: 'median', most: 40 },
      summary: 'first getSessions(undefined) with 1,000 grants, processor time',
    },
    {
      part,
      name: 'heap after activation',
      unit: 'MB',
      samples: one.map(({ heapAtRest }) => heapAtRest),
      aim: { of: 'median', most: 1.25 },
      summary: 'heap after activation',
    },
    { ...beside('heap with all of them in use', ({ heapAfterAnswer }) => heapAfterAnswer), unit: 'MB' },
  ];
}
