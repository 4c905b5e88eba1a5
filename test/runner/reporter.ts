import Mocha from 'mocha';
import { countLine } from './count.ts';

const { EVENT_RUN_END } = Mocha.Runner.constants;

/** Mocha's `spec`, ending with the count in one line. */
export class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    // Registered after that of `spec`, so it comes last.
    runner.once(EVENT_RUN_END, () => {
      const { passes, failures } = runner.stats ?? { passes: 0, failures: 0 };
      Mocha.reporters.Base.consoleLog(countLine({ passed: passes, failed: failures }));
    });
  }
}

/** No test may be left out on purpose and forgotten, and none may run for ever. */
export const mochaOptions: Mocha.MochaOptions = {
  ui: 'bdd',
  reporter: CountingReporter,
  forbidOnly: true,
  forbidPending: true,
  timeout: 60_000,
  slow: 2000,
};
