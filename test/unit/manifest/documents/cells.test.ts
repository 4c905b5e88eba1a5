import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cellsOf, wordsOf } from '../../../manifest/words/tables.ts';

const repository = join(import.meta.dirname, '..', '..', '..', '..');
const mostWords = 15;

describe('the tables of the documentation', () => {
  it('have short cells: what is longer is a list or a section', () => {
    const documents = globSync(['*.md', 'docs/**/*.md', 'terminals/*.md', 'test/**/*.md'], {
      cwd: repository,
    });
    const cells = documents.flatMap(name =>
      cellsOf(readFileSync(join(repository, name), 'utf8')).map(cell => ({ name, cell })),
    );
    assert.ok(cells.length > 500);
    assert.deepEqual(
      cells.filter(({ cell }) => wordsOf(cell).length > mostWords),
      [],
    );
  });

  it('are all found, and code is none of them', () => {
    const code = '```md\n| no | cell |\n```';
    const text = `| a | b \\| c |\n| --- | :-: |\n| \`d e\` |  |\n\n${code}\n\n- list:\n\n  | in it |\n`;
    assert.deepEqual(cellsOf(text), ['a', 'b \\| c', '`d e`', '', 'in it']);
  });

  it('are counted in words that are read', () => {
    assert.deepEqual(wordsOf('[two words](docs/a.md#some-heading) — more[^note]'), ['two', 'words', 'more']);
    assert.deepEqual(wordsOf('[a.test.ts](test/a.test.ts): “the title of a test”, and more'), [
      'a.test.ts,',
      'and',
      'more',
    ]);
    assert.equal(wordsOf('[a.md](docs/a.md): “no title of a test”').length, 6);
  });
});
