import fc from 'fast-check';
import { holdsTogether, requestTimeouts, storageNames } from './property.ts';
import type { Step } from './steps.ts';
import { scenarios } from './scenarios.ts';

/** The same histories each time: a short run must not fail by chance. `npm run model` looks for new ones. */
const seed = 20_260_101;
const runs = 300;

describe(`windows that open, close and crash while people sign in and networks fail (seed ${seed})`, function () {
  this.timeout(300_000);
  for (const [storage, name] of Object.entries(storageNames)) {
    it(`with ${name}: no token twice, none lost, all agree`, async () => {
      await fc.assert(holdsTogether(storage === 'shared'), {
        seed,
        numRuns: runs + scenarios.length * requestTimeouts.length,
        examples: requestTimeouts.flatMap(requestTimeout =>
          scenarios.map((scenario): [Step[], number | undefined] => [scenario, requestTimeout]),
        ),
      });
    });
  }
});
