import { clientsRows } from './clients.ts';
import { formsRows } from './forms.ts';
import { identityRows } from './identity.ts';
import { metadataRows } from './metadata.ts';
import { refusalsRows } from './refusals.ts';
import { registrationRows } from './registration.ts';
import type { ServerRow } from './row.ts';

/** All that real servers do. */
export const rows: readonly ServerRow[] = [
  ...registrationRows,
  ...clientsRows,
  ...metadataRows,
  ...refusalsRows,
  ...identityRows,
  ...formsRows,
];
