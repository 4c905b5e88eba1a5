import { globSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startAsked } from '../built/asked.ts';
import type { CallCost } from '../built/costWorker.ts';
import type { SignInCosts } from '../built/signInWorker.ts';
import { mainOf, repository, worker } from '../measures/costs.ts';
import { start } from '../measures/starting.ts';
import { found, separately, type Found, type Measure } from './measure.ts';

const signInWorker = join(repository, 'test', 'benchmark', 'built', 'signInWorker.ts');

export const bytes: Measure = {
  part: 'Size',
  most: 1,
  open: separately(root =>
    Promise.resolve({
      async run() {
        const dist = dirname(mainOf(root));
        const size = (files: readonly string[]): number =>
          files.reduce((sum, file) => sum + statSync(join(dist, file)).size, 0) / 1000;
        return found('kB', {
          'code loaded by activation': size((await start(1, mainOf(root))).files),
          'minified bundles for Node, all together': size(globSync(['*.cjs', 'parts/*.cjs'], { cwd: dist })),
        });
      },
    }),
  ),
};

export const starts: Measure = {
  part: 'A start, in processor time of the thread',
  open: separately(root =>
    Promise.resolve({
      async run() {
        const main = mainOf(root);
        const [one, thousand] = [await start(1, main), await start(1000, main)];
        return [
          ...found('ms', {
            'load and activate()': one.load + one.activate,
            'the same with 1,000 grants': thousand.load + thousand.activate,
            'the first getSessions(undefined) with 1,000 grants': thousand.firstAnswer,
          }),
          ...found('MB', {
            'heap after activation': one.heapAtRest,
            'heap with 1,000 grants in use': thousand.heapAfterAnswer,
          }),
          ...found('count', {
            'secrets read by activate(), with 1,000 grants': thousand.readsAtActivation,
            'secrets read from activation to a first session, with 1 grant': one.readsUntilAnswer,
            'grants read by the first getSessions(undefined), with 1,000': thousand.readsForAnswer,
          }),
        ];
      },
    }),
  ),
};

/** A built extension in a process that says what calls cost whenever it is asked. */
export const calls = (grants: string): Measure => ({
  part: `Calls, grants: ${grants}, in processor time of the thread`,
  open: separately(async root => {
    const { ask, close } = await startAsked<CallCost>(worker, mainOf(root), grants);
    return {
      async run() {
        const { answer, all, refresh } = await ask();
        return found('µs', {
          'getSessions of one scope set': answer,
          'getSessions(undefined)': all,
          'getSessions that waits for a refresh': refresh,
        });
      },
      close,
    };
  }),
});

/**
 * Short, so that what disturbs one seldom disturbs its pair: many of them. Both commits are in one process, as another
 * process finds the processor's caches full of other things. The one that comes first there is up to 2 % faster, so
 * each does half of the time.
 */
export const signIns: Measure = {
  part: 'A sign-in, without the user’s time, in processor time of the thread',
  times: 20,
  openings: 4,
  async open(roots, opening) {
    const isTurned = opening % 2 === 1;
    const { ask, close } = await startAsked<SignInCosts>(
      signInWorker,
      ...(isTurned ? roots.toReversed() : roots),
    );
    const run = async (at: number): Promise<Found[]> => {
      const { cold, warm } = await ask(String(isTurned ? 1 - at : at));
      return [
        ...found('ms', {
          'all of it, unknown provider': cold.whole,
          'click to browser opened, unknown provider': cold.toBrowser,
          'code exchange to session, nothing known before': cold.toSession,
          'all of it, metadata and keys known': warm.whole,
          'click to browser opened, metadata known': warm.toBrowser,
          'code exchange to session, metadata and keys known': warm.toSession,
        }),
        ...found('count', {
          'requests, unknown provider': cold.requests,
          'requests, metadata and keys known': warm.requests,
        }),
      ];
    };
    return [{ run: () => run(0), close }, { run: () => run(1) }] as const;
  },
};
