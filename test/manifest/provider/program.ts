#!/usr/bin/env node
/** `oidc-test-provider`: bundled to one file by `npm run package:client`. */
import { runProviderOnly } from '../../demo/providerOnly.ts';

runProviderOnly(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
