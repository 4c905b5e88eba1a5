import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { failures } from '../../../src/protocol/failures/failure.ts';
import { generatedErrors } from '../../manifest/errors.ts';

describe('docs/errors.md', () => {
  it('is what the code says (run `npm run generate`)', async () => {
    const { current, generated } = await generatedErrors();
    assert.equal(current, generated);
  });

  it('has each failure', async () => {
    const { generated } = await generatedErrors();
    for (const code of Object.keys(failures)) assert.ok(generated.includes(`\`${code}\``), code);
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly [part: string]: unknown;
}

/** The names of all settings, of those of a provider, and the values that one can have. */
function collect(schema: Schema, names: Set<string>, values: Set<unknown>): void {
  for (const [name, property] of Object.entries({ ...schema.properties, ...schema.patternProperties })) {
    names.add(name);
    collect(property, names, values);
  }
  for (const value of (schema['enum'] as unknown[] | undefined) ?? []) values.add(value);
  for (const part of ['items', 'additionalProperties', 'oneOf', 'anyOf', 'allOf'])
    for (const each of [schema[part]].flat())
      if (typeof each === 'object' && each !== null) collect(each as Schema, names, values);
}

describe('the settings that a message about a failure names', () => {
  const names = new Set<string>();
  const values = new Set<unknown>();
  /** Settings of the editor, and quotations that are no settings. */
  const others = ['http.proxy', 'http.systemCertificates'];
  const quotations = ['/.well-known/openid-configuration', 'Troubleshoot keychain issues', '{scope}'];

  before(async () => {
    const manifest = JSON.parse(
      await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as { contributes: { configuration: Schema | readonly Schema[] } };
    for (const schema of [manifest.contributes.configuration].flat()) collect(schema, names, values);
    assert.ok(names.has('oidc.signIn.providerTimeout') && names.has('requestTimeout'));
    assert.ok(values.has('required'));
  });

  for (const [code, { what, next }] of Object.entries(failures)) {
    const text = `${what} ${next}`;
    const dotted = [...text.matchAll(/\b(?:oidc|http)\.[A-Za-z.]*[A-Za-z]/g)].map(([name]) => name);
    const quoted = [...text.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name);
    if (dotted.length + quoted.length === 0) continue;

    it(`exist: ${code}`, () => {
      for (const name of dotted) assert.ok(names.has(name) || others.includes(name), name);
      for (const name of quoted)
        assert.ok(names.has(name) || values.has(name) || quotations.includes(name), name);
    });
  }
});
