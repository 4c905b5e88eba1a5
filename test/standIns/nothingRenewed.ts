import assert from 'node:assert/strict';
import type { AccountsOptions } from '../../src/sessions/accounts.ts';
import type { GrantCache } from '../../src/sessions/store/grantCache.ts';

/** In the place of what windows share: each grant stays as it is kept, and nobody signs in. */
export const nothingRenewed = (cache: GrantCache): AccountsOptions['sharing'] => ({
  renew: id => cache.get(id),
  derive: id => cache.get(id),
  add: () => assert.fail('nobody signs in'),
});
