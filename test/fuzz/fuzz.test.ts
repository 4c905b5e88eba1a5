import fc from 'fast-check';
import { regressions } from './regressions.ts';
import { targets } from './targets.ts';

/** The same inputs each time: a short run must not fail by chance. `npm run fuzz` looks for new ones. */
const seed = 20_260_101;
const runs = 300;

describe(`any input at all (seed ${seed}, ${runs} each)`, () => {
  for (const { name, start } of targets) {
    it(name, async () => {
      const { property, close } = await start();
      const examples = (regressions[name] ?? []).map((input): [unknown] => [input]);
      try {
        await fc.assert(property, { seed, numRuns: runs + examples.length, examples, endOnFailure: false });
      } finally {
        await close();
      }
    });
  }
});
