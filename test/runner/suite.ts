/**
 * Runs the tests of a folder, or some of them, in this process:
 * `node test/runner/suite.ts <folder> [<file>…] [--grep <text>]`.
 *
 * Ends with the line `N passed, N failed`, and by itself: whatever keeps the process alive after the last test
 * is a server, a timer or a socket that some test has not closed, and counts as a failure.
 */
import { join } from 'node:path';
import Mocha from 'mocha';
import { evidence, pictures } from '../editor/evidence.ts';
import '../editor/process/resolveLocalhost.ts';
import { countLine } from './count.ts';
import { mochaOptions } from './reporter.ts';
import { chosenTests, nothingHas } from './selection.ts';

/** Milliseconds for sockets that are closing already. */
const closingTime = 5000;

const repository = join(import.meta.dirname, '..', '..');

/** Standard input and output are nobody's leak. */
const ownResources = /^(TTYWrap|PipeWrap|FSReqCallback|FSReqPromise)$/;

const { files, grep } = chosenTests(process.argv.slice(2));
const mocha = new Mocha(mochaOptions);
for (const file of files) mocha.addFile(join(repository, file));
if (grep !== undefined) mocha.fgrep(grep);

function finish(passed: number, failed: number): void {
  process.exitCode = failed > 0 ? 1 : 0;
  // Not a reason to stay alive itself: it only fires if there is another one.
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter(resource => !ownResources.test(resource));
    console.error(`\nThe tests are over, but something still runs: ${open.join(', ') || 'unknown'}`);
    console.log(countLine({ passed, failed: failed + 1 }));
    process.exit(1);
  }, closingTime).unref();
}

/** Mocha waits for it before it closes what the test has opened; the text says what the picture shows. */
mocha.rootHooks({
  async afterEach(this: Mocha.Context) {
    const { currentTest } = this;
    if (currentTest?.state !== 'failed') return;
    const seen = await pictures(join(repository, 'dist', 'test', 'failures'), currentTest.fullTitle());
    if (seen !== '') console.log(`  ${seen}`);
  },
});

try {
  await mocha.loadFilesAsync();
  const runner = mocha.run();
  runner.on('fail', () => {
    const logged = evidence();
    if (logged !== '') console.log(`  ${logged}`);
  });
  runner.once('end', () => {
    const { tests = 0, passes = 0, failures = 0 } = runner.stats ?? {};
    if (tests === 0 && failures === 0) {
      console.error(grep === undefined ? 'The files hold no test.' : nothingHas(grep));
      console.log(countLine({ passed: 0, failed: 1 }));
      finish(0, 1);
    } else {
      finish(passes, failures);
    }
  });
} catch (error) {
  // A file that cannot be loaded: none of its tests ran.
  console.error(error);
  console.log(countLine({ passed: 0, failed: 1 }));
  finish(0, 1);
}
