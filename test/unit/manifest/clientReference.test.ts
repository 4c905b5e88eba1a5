import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { generatedClientReference } from '../../manifest/client/reference.ts';

describe('docs/client-reference.md', () => {
  let current: string;
  let generated: string;
  before(async () => ({ current, generated } = await generatedClientReference()));

  it('is what the docstrings say (run `npm run generate`)', () => {
    assert.equal(current, generated);
  });

  it('names everything that the package exports', async () => {
    const entry = await readFile(new URL('../../../src/client/index.ts', import.meta.url), 'utf8');
    const exported = [...entry.matchAll(/^export (?:type )?\{([^}]+)\}/gm)].flatMap(([, names = '']) =>
      names.split(',').flatMap(name => name.trim().replace(/^type /, '') || []),
    );
    assert.ok(exported.length > 10);
    for (const name of exported) assert.match(current, new RegExp(`^### ${name}\\b`, 'm'));
  });
});
