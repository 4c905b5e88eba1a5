import fc from 'fast-check';
import { Model } from './model.ts';
import { histories, scenarios } from './steps.ts';

describe('windows that open, close and crash while people sign in and networks fail', function () {
  this.timeout(300_000);
  const runs = Number(process.env['MODEL_RUNS'] ?? 150);

  for (const shared of [true, false]) {
    it(`with ${shared ? 'one storage' : 'a storage each'}: no token twice, none lost, all agree`, async () => {
      await fc.assert(
        fc.asyncProperty(histories, async history => {
          const model = new Model(shared);
          model.open(0);
          for (const step of history) await model.step(step);
          await model.heal();
          await model.check();
        }),
        { numRuns: runs, timeout: 5000, examples: scenarios.map(scenario => [scenario]) },
      );
    });
  }
});
