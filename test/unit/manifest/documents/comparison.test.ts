import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { tableOf, wordsOf } from '../../../manifest/words/tables.ts';

const repository = new URL('../../../../', import.meta.url);
const mostWords = 14;

describe('the comparison with other sign-ins', () => {
  let text: string;
  before(async () => {
    text = await readFile(new URL('docs/comparison.md', repository), 'utf8');
  });

  it('has short cells, and one for each product', () => {
    const rows = tableOf(text, 'topic');
    assert.ok(rows.length >= 10);
    for (const cells of rows) {
      assert.equal(cells.length, 7, cells[0]);
      for (const cell of cells) {
        assert.notEqual(cell, '', cells[0]);
        assert.ok(wordsOf(cell).length <= mostWords, cell);
      }
    }
  });

  it('names a test for each claim about this extension, with its title', async () => {
    const proofs = tableOf(text, 'claim');
    assert.deepEqual(
      proofs.map(([topic]) => topic),
      tableOf(text, 'topic').map(([topic]) => topic),
    );
    for (const [topic, proof = ''] of proofs) {
      const [, name, file = '', title = ''] =
        /^\[([^\]]+)\]\(\.\.\/(test\/[\w/.]+\.ts)\): `(.+)`$/.exec(proof) ?? [];
      assert.ok(name !== undefined && file.endsWith(`/${name}`), `${topic}: ${proof}`);
      const test = await readFile(new URL(file, repository), 'utf8');
      assert.ok(test.includes(title), `${file} holds nothing called “${title}”`);
    }
  });

  it('names the version and the files in which the others were read', () => {
    const used = new Set([...text.matchAll(/\[\^(\w+)\](?!:)/g)].map(([, name = '']) => name));
    const defined = new Map(
      [...text.matchAll(/^\[\^(\w+)\]:((?:\n? {1,4}.+)+)/gm)].map(([, name = '', source = '']) => [
        name,
        source,
      ]),
    );
    assert.deepEqual([...used].toSorted(), [...defined.keys()].toSorted());
    const head = text.split('\n').find(line => line.startsWith('| topic ')) ?? '';
    assert.equal([...head.matchAll(/\[\^\w+\]/g)].length, 5, 'each other product has its sources');
    for (const [name, source] of defined) {
      const links = [...source.matchAll(/\]\((https:[^)]+)\)/g)].map(([, link = '']) => link);
      assert.ok(links.length > 0, name);
      for (const link of links)
        assert.match(
          link,
          /^https:\/\/github\.com\/[\w-]+\/[\w-]+\/blob\/(?:\d+\.\d+\.\d+|[0-9a-f]{40})\/\S+$/,
        );
    }
  });
});
