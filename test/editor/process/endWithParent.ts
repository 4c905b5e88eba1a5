/**
 * Ends the process it is loaded into when the process that started it is gone, even if that one was killed and
 * could clean up nothing: then the other end of our standard input is closed.
 *
 * It counts for one process only, the one that is given the variable; not for those it forks, whose standard
 * input may be closed from the beginning.
 */
const variable = 'TEST_ENDS_WITH_PARENT';

if (process.env[variable] !== undefined) {
  delete process.env[variable];
  process.stdin.on('end', () => process.exit(0)).resume();
}
