/**
 * `npm run test:keycloak`: the protocol against a real Keycloak. Where Java and Maven are not there it says what to
 * install, and checks nothing.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fetchKeycloak, missingPrograms } from '../keycloak/program.ts';
import { notChecked } from './count.ts';

const missing = (await missingPrograms()) ?? (await unfetched());
if (missing === undefined) {
  const suite = join(import.meta.dirname, 'suite.ts');
  const { status } = spawnSync(process.execPath, [suite, 'keycloak', ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} else {
  console.log(`${notChecked}: ${missing}`);
}

/** Why Keycloak could not be fetched, in one line. */
async function unfetched(): Promise<string | undefined> {
  try {
    await fetchKeycloak(message => console.log(message));
    return undefined;
  } catch (error) {
    console.error(error);
    return 'Keycloak could not be fetched with Maven, see above.';
  }
}
