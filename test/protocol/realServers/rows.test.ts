import { browser, withTrial } from '../../conformance/trial.ts';
import { clientsRows } from './rows/clients.ts';
import { identityRows } from './rows/identity.ts';
import { metadataRows } from './rows/metadata.ts';
import { refusalsRows } from './rows/refusals.ts';
import { registrationRows } from './rows/registration.ts';

describe('what real servers do', () => {
  for (const { server, does, departure, person, run } of [
    ...registrationRows,
    ...clientsRows,
    ...metadataRows,
    ...refusalsRows,
    ...identityRows,
  ]) {
    it(`${server}: ${does}`, () => withTrial(departure, run, person ?? { browser }));
  }
});
