import assert from 'node:assert/strict';
import { parseProviders } from '../../../src/providers/entries/parseProviders.ts';

const issuer = 'https://login.example.com';
const ids = (value: unknown): string[] => parseProviders(value).providers.map(({ id }) => id);

describe('the setting oidc.providers', () => {
  it('that nobody has set is no provider and no problem', () => {
    assert.deepEqual(parseProviders(undefined), { providers: [], problems: [] });
    assert.deepEqual(parseProviders({}), { providers: [], problems: [] });
  });

  it('gives the providers in its order', () => {
    assert.deepEqual(ids({ club: { issuer }, oidc: { issuer }, another: { issuer } }), [
      'club',
      'oidc',
      'another',
    ]);
  });

  it('gives the right entries beside the wrong ones, and says what is wrong with these', () => {
    const { providers, problems } = parseProviders({
      broken: { issuer: 7 },
      oidc: { issuer },
      'a b': { issuer },
      empty: {},
    });
    assert.deepEqual(
      providers.map(({ id }) => id),
      ['oidc'],
    );
    assert.deepEqual(
      problems.map(({ providerId, field }) => [providerId, field]),
      [
        ['broken', 'issuer'],
        ['a b', undefined],
        ['empty', 'issuer'],
      ],
    );
  });

  for (const value of ['text', 7, true, null, [{ issuer }]]) {
    it(`that is ${JSON.stringify(value)} is one problem`, () => {
      assert.deepEqual(parseProviders(value), {
        providers: [],
        problems: [{ providerId: '', field: undefined, reason: 'must be an object keyed by provider ID' }],
      });
    });
  }

  it('cannot reach what every object has', () => {
    const value: unknown = JSON.parse(
      `{"__proto__": {"issuer": "${issuer}"}, "constructor": {"issuer": "${issuer}"}}`,
    );
    const { providers, problems } = parseProviders(value);
    assert.deepEqual(
      providers.map(({ id }) => id),
      ['constructor'],
    );
    assert.deepEqual(
      problems.map(({ providerId }) => providerId),
      ['__proto__'],
    );
  });
});
