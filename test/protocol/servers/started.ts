import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import {
  startIdentityProvider,
  type IdentityProvider,
} from '../../servers/identityProvider/identityProvider.ts';
import { discover } from '../../servers/referenceClient.ts';

interface Started {
  readonly provider: IdentityProvider;
  /** What its metadata says of it. */
  readonly as: oauth.AuthorizationServer;
}

/** Gives each test of a suite an identity provider of its own, which must not have failed itself. */
export function forEachTest(use: (started: Started) => void): void {
  let provider: IdentityProvider;
  beforeEach(async () => {
    provider = await startIdentityProvider();
    use({ provider, as: await discover(provider.issuer) });
  });
  afterEach(async () => {
    await provider.close();
    assert.deepEqual(provider.failures, [], 'the provider itself never failed');
  });
}

export const refusedWith = (error: string) => (failure: unknown) =>
  failure instanceof oauth.ResponseBodyError && failure.error === error;
