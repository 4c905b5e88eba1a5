import assert from 'node:assert/strict';
import { parseProviders } from '../../../src/providers/entries/parseProviders.ts';
import { settle } from '../../../src/providers/entries/contested.ts';
import { contributedProviders } from '../../../src/providers/entries/contributed.ts';
import { providerDefinitionSchema } from '../../../src/providers/entries/definition.ts';
import { belongsTo, waitsForAnswer } from '../../../src/providers/entries/origin.ts';
import '../../../src/providers/presets/presets.ts';

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
      'a.b:  → : "contributes.oidcProviders" must be an object keyed by provider ID',
    ],
    [
      'has no issuer',
      { authentication: declared, oidcProviders: { acme: {} } },
      'a.b: acme → issuer: is missing: set the provider’s issuer URL or a "preset"',
    ],
    [
      'has a secret',
      { authentication: declared, oidcProviders: { acme: { issuer, clientSecret: 'x' } } },
      'a.b: acme → clientSecret: isn’t a known provider setting',
    ],
    [
      'is no object',
      { authentication: declared, oidcProviders: { acme: 7 } },
      'a.b: acme → : must be an object',
    ],
    [
      'takes our id',
      { authentication: [{ id: 'oidc', label: 'x' }], oidcProviders: { oidc: { issuer } } },
      'a.b: oidc → : has an ID that belongs to the editor or to this extension',
    ],
    [
      'takes an id of the editor',
      { authentication: [{ id: 'github', label: 'x' }], oidcProviders: { github: { issuer } } },
      'a.b: github → : has an ID that belongs to the editor or to this extension',
    ],
  ];
  for (const [what, contributes, expected] of wrong) {
    it(`that ${what} is not used, and others are`, () => {
      assert.deepEqual(problems(extension('a.b', contributes), acme('z.z')), [expected]);
      assert.equal(contributedProviders([extension('a.b', contributes), acme('z.z')]).providers.length, 1);
    });
  }
});

describe('an ID that several bring', () => {
  const mine = { acme: { issuer: 'https://mine.example.com' } };
  const evil = extension('a.evil', { oidcProviders: { acme: { issuer: 'https://evil.example' } } });
  const settled = (agreed: unknown, settings: unknown, ...extensions: { id: string; manifest: unknown }[]) =>
    settle(parseProviders(settings), contributedProviders(extensions), () => agreed);
  const termsFrom = (source: string | undefined): string => {
    const all = [...parseProviders(mine).providers, ...contributedProviders([acme(), evil]).providers];
    return all.find(({ contributedBy }) => contributedBy === source)?.terms ?? '';
  };
  const sources = (providers: readonly { contributedBy: string | undefined }[]) =>
    providers.map(({ contributedBy }) => contributedBy);

  for (const source of [undefined, 'acme.sign-in', 'a.evil']) {
    it(`stays with ${source ?? 'the settings'}, where the person agreed to that`, () => {
      for (const extensions of [
        [acme(), evil],
        [evil, acme()],
      ]) {
        const { providers, problems: told, contested } = settled(termsFrom(source), mine, ...extensions);
        assert.deepEqual(sources(providers), [source]);
        const others = [undefined, 'a.evil', 'acme.sign-in'].filter(other => other !== source);
        assert.deepEqual(
          told.map(({ extension: from, reason }) => [from, reason.includes(source ?? 'your settings')]),
          others.map(other => [other, true]),
        );
        assert.deepEqual(
          contested.map(({ id, used, candidates }) => [id, used?.contributedBy, candidates.length]),
          [['acme', source, 3]],
        );
      }
    });
  }

  it('stays with whom it was agreed, though that one has changed: the person is asked about the change', () => {
    const before = termsFrom('acme.sign-in');
    const changed = extension('acme.sign-in', {
      oidcProviders: { acme: { issuer: 'https://new.acme.example' } },
    });
    const { providers } = settled(before, {}, changed, evil);
    assert.deepEqual(sources(providers), ['acme.sign-in']);
    assert.notEqual(providers[0]?.terms, before);
  });

  for (const [what, agreed] of Object.entries({
    nothing: undefined,
    'one that is not there any more': JSON.stringify([
      ['contributedBy', 'gone.extension'],
      ['issuer', issuer],
    ]),
    'something of another version': JSON.stringify([issuer, 'editor']),
    'something that cannot be read': 'https://login.acme.example editor',
    'something else than text': { contributedBy: 'acme.sign-in' },
  })) {
    it(`is used from nobody where ${what} was agreed to, and all are named`, () => {
      const { providers, problems: told, contested } = settled(agreed, {}, acme(), evil);
      assert.deepEqual([providers, told], [[], []]);
      const [one] = contested;
      assert.equal(one?.used, undefined);
      assert.deepEqual(sources(one?.candidates ?? []), ['a.evil', 'acme.sign-in']);
    });
  }

  it('is no question where only one of them can be used', () => {
    const broken = extension('b.broken', { oidcProviders: { acme: {} } });
    const { providers, contested } = settled(undefined, {}, acme(), broken);
    assert.deepEqual([sources(providers), contested], [['acme.sign-in'], []]);
  });
});

describe('a provider whose extension is replaced', () => {
  const entry = { issuer, clientId: 'editor' };
  const from = (id: string, definition: object, agreed?: string) =>
    settle(
      parseProviders({}),
      contributedProviders([extension(id, { oidcProviders: { acme: definition } })]),
      () => agreed,
    ).providers[0] ?? assert.fail();
  const agreed = from('acme.sign-in', entry);
  const grant = {
    providerId: 'acme',
    binding: { issuer, clientId: 'editor', terms: agreed.terms },
  };
  const { entries } = providerDefinitionSchema.entries.endpoints.wrapped.pipe[0];
  const moved = Object.keys(entries).map(
    name => [`a newer version with another ${name} endpoint`, { [name]: 'https://evil.example/' }] as const,
  );

  it('is used as before where the same is installed again', () => {
    assert.ok(belongsTo(grant, from('acme.sign-in', entry, agreed.terms)));
    assert.ok(belongsTo(grant, from('acme.sign-in', { ...entry, label: 'Acme 2' }, agreed.terms)));
  });

  it('waits for the user where another extension brings the very same', () => {
    const other = from('evil.sign-in', entry, agreed.terms);
    assert.equal(belongsTo(grant, other), false);
    assert.ok(waitsForAnswer(grant, other));
  });

  for (const [what, endpoints] of moved)
    it(`waits for the user where it is ${what}`, () => {
      const newer = from('acme.sign-in', { ...entry, endpoints }, agreed.terms);
      assert.equal(belongsTo(grant, newer), false);
      assert.ok(waitsForAnswer(grant, newer));
    });
});
