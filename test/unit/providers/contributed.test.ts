import assert from 'node:assert/strict';
import { parseProviders } from '../../../src/providers/entries/parseProviders.ts';
import { contributedProviders, withContributed } from '../../../src/providers/entries/contributed.ts';

const issuer = 'https://login.acme.example';
const declared = [{ id: 'acme', label: 'Acme' }];
const extension = (id: string, contributes: unknown) => ({ id, manifest: { contributes } });
const acme = (id = 'acme.sign-in') =>
  extension(id, { authentication: declared, oidcProviders: { acme: { issuer, clientId: 'editor' } } });

/** What is wrong, as `extension: id → field: reason`. */
const problems = (...extensions: { id: string; manifest: unknown }[]): string[] =>
  contributedProviders(extensions).problems.map(
    ({ extension: from, providerId, field, reason }) => `${from}: ${providerId} → ${field ?? ''}: ${reason}`,
  );

describe('a provider that an extension brings', () => {
  it('has the label that the extension declares, and says where it came from', () => {
    const { providers } = contributedProviders([acme()]);
    assert.deepEqual(
      providers.map(({ id, label, contributedBy }) => ({ id, label, contributedBy })),
      [{ id: 'acme', label: 'Acme', contributedBy: 'acme.sign-in' }],
    );
  });

  it('needs no declaration: then it has its own label, or that of its host', () => {
    for (const [entry, expected] of [
      [{ issuer, label: 'Acme' }, 'Acme'],
      [{ issuer }, 'login.acme.example'],
    ] as const) {
      const { providers } = contributedProviders([extension('a.b', { oidcProviders: { acme: entry } })]);
      assert.deepEqual(
        providers.map(({ label }) => label),
        [expected],
      );
    }
  });

  it('is none in an extension that brings none, whatever its manifest is', () => {
    const manifests: unknown[] = [
      undefined,
      null,
      'x',
      {},
      { contributes: [] },
      { contributes: { authentication: 7 } },
    ];
    for (const manifest of manifests) {
      assert.deepEqual(contributedProviders([{ id: 'a.b', manifest }]), { providers: [], problems: [] });
    }
  });

  const wrong: [what: string, contributes: unknown, expected: string][] = [
    [
      'is a list',
      { authentication: declared, oidcProviders: [] },
      'a.b:  → : "contributes.oidcProviders" must be an object from provider id to provider',
    ],
    [
      'has no issuer',
      { authentication: declared, oidcProviders: { acme: {} } },
      'a.b: acme → issuer: is missing: the address of the provider, or a "preset"',
    ],
    [
      'has a secret',
      { authentication: declared, oidcProviders: { acme: { issuer, clientSecret: 'x' } } },
      'a.b: acme → clientSecret: is not a setting of a provider',
    ],
    [
      'is no object',
      { authentication: declared, oidcProviders: { acme: 7 } },
      'a.b: acme → : must be an object',
    ],
    [
      'takes our id',
      { authentication: [{ id: 'oidc', label: 'x' }], oidcProviders: { oidc: { issuer } } },
      'a.b: oidc → : has an id that belongs to the editor or to this extension',
    ],
    [
      'takes an id of the editor',
      { authentication: [{ id: 'github', label: 'x' }], oidcProviders: { github: { issuer } } },
      'a.b: github → : has an id that belongs to the editor or to this extension',
    ],
  ];
  for (const [what, contributes, expected] of wrong) {
    it(`that ${what} is not used, and others are`, () => {
      assert.deepEqual(problems(extension('a.b', contributes), acme('z.z')), [expected]);
      assert.equal(contributedProviders([extension('a.b', contributes), acme('z.z')]).providers.length, 1);
    });
  }

  it('gives way to that of another extension, always the same one', () => {
    for (const extensions of [
      [acme('b.b'), acme('a.a')],
      [acme('a.a'), acme('b.b')],
    ]) {
      const { providers } = contributedProviders(extensions);
      assert.deepEqual(
        providers.map(({ contributedBy }) => contributedBy),
        ['a.a'],
      );
      assert.deepEqual(problems(...extensions), [
        'b.b: acme → : has the id of a provider that the extension a.a brings',
      ]);
    }
  });

  it('gives way to the settings of the person', () => {
    const own = parseProviders({ acme: { issuer: 'https://mine.example.com' } });
    const { providers, problems: told } = withContributed(own, contributedProviders([acme()]));
    assert.deepEqual(
      providers.map(provider => provider.issuer),
      ['https://mine.example.com'],
    );
    assert.deepEqual(
      told.map(({ extension: from, providerId }) => [from, providerId]),
      [['acme.sign-in', 'acme']],
    );
  });
});
