import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..', '..', '..');
const read = (file: string): string => readFileSync(join(repository, file), 'utf8');
const workflows = globSync('.github/workflows/*.yml', { cwd: repository });

const all = (pattern: RegExp): { file: string; found: string }[] =>
  workflows.flatMap(file => [...read(file).matchAll(pattern)].map(([, found = '']) => ({ file, found })));

describe('the workflows of the forge', () => {
  it('run only scripts that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> };
    const named = all(/(?:npm run |script: |SCRIPT: )([a-z][\w:-]*)/g);
    assert.ok(named.length > 6);
    for (const { file, found } of named) assert.ok(scripts[found], `${file}: ${found}`);
  });

  it('use actions by their commit, which nobody can move, with the version beside it', () => {
    const used = all(/uses: (?!\.\/)(.+)$/gm);
    assert.ok(used.length > 6);
    for (const { file, found } of used)
      assert.match(found, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file);
  });

  it('may only read the repository, unless a job says what else it needs', () => {
    for (const file of workflows) assert.match(read(file), /^permissions:\n {2}contents: read\n/m, file);
  });
});
