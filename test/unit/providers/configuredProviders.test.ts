import assert from 'node:assert/strict';
import { shown } from '../../../src/platform/shown.ts';
import { createConfiguredProviders } from '../../../src/providers/entries/configuredProviders.ts';
import { someGrant, someProvider } from '../sessions/someGrant.ts';

const other = { ...someProvider, id: 'other', label: shown('Other') };

describe('the configured providers', () => {
  it('are those of the latest settings, in their order', () => {
    const providers = createConfiguredProviders();
    assert.deepEqual(providers.list(), []);
    providers.update([someProvider]);
    providers.update([other, someProvider]);
    assert.deepEqual(
      providers.list().map(({ id }) => id),
      ['other', 'oidc'],
    );
    assert.deepEqual([providers.byId('other'), providers.byId('none')], [other, undefined]);
  });

  it('have the grants that they were signed in for, and none of another issuer, client or id', () => {
    const providers = createConfiguredProviders();
    const grant = someGrant();
    providers.update([other, someProvider]);
    assert.equal(providers.of(grant), someProvider);
    for (const elsewhere of [
      { issuer: 'https://login.example.org' },
      { clientId: 'another' },
      { id: 'new' },
    ]) {
      providers.update([{ ...someProvider, ...elsewhere }]);
      assert.equal(providers.of(grant), undefined, JSON.stringify(elsewhere));
    }
  });

  it('tell of each update those who listen, in the order in which they began to, until they stop', () => {
    const providers = createConfiguredProviders();
    const told: string[] = [];
    const listen = (name: string) =>
      providers.onDidChange(() => told.push(`${name} ${providers.list().length}`));
    const end = listen('first');
    listen('second');
    providers.update([someProvider]);
    end();
    providers.update([]);
    assert.deepEqual(told, ['first 1', 'second 1', 'second 0']);
  });
});
